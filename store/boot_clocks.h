#pragma once

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Ties uptime to wall time. Events that only have an uptime get the time that it was, as events of
// the same boot show it that have both clocks, or the moment of the crash whose dump holds them:
// the nearest of these counts, since printk's clock stands still while a machine is suspended
// (dmesg(1), --ctime). `time_quality` is then boot_relative, and what that other time is.
//
// To be called after DateSources(), outside a transaction; done once more it
// changes nothing. Incidents of events that get another time are outdated.
Status DateByUptime(Database& database);

}  // namespace kautopsy
