#pragma once

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Where nothing tells a reboot, all lines of a host in a file are those of one boot (BootTracker).
// This holds for a log that was rotated into several files, too: the boot that a file ends with is
// the one that the next file begins with, unless the latter begins with its first lines, the former
// has ended, or they have other ids or kernels. Of two whose uptimes are known JoinBoots() tells.
//
// Only of files that follow upon each other without a gap, as far as their names and times show it:
// a reboot may stand in a file that is missing.
//
// To be called within a transaction, once the years of the sources are known.
Status JoinBootsOfSets(Database& database);

}  // namespace kautopsy
