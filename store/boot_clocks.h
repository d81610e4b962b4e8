#pragma once

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Ties uptime to wall time. Events that only have an uptime get the time that it was, as events of
// the same boot show it that have both clocks, or the moment of the crash whose dump holds them:
// the nearest of these counts, since printk's clock stands still while a machine is suspended
// (dmesg(1), --ctime). `time_quality` is then boot_relative, and what that other time is.
//
// To be called after DateSources() and JoinBoots(), outside a transaction; done once more it
// changes nothing. Incidents of events that get another time are outdated.
Status DateByUptime(Database& database);

// Makes one boot of those of a host whose events show, by both clocks, that the machine was started
// at the same moment: a rotated log of one boot is several sources, which each know a part of it.
// Then those that the files of a rotated log go on with (boots_of_sets.h). The oldest number stays;
// incidents stay, and are outdated.
Status JoinBoots(Database& database);

}  // namespace kautopsy
