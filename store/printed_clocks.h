#pragma once

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Where a log was read with --tz, the times of its boots were stored as UTC (boot_source). When it
// gets another zone, they must be again what the log printed.

// For sources that are given another zone: `source_id`, and the `zone` that they had.
inline constexpr char kCreateRezoned[] =
    "CREATE TEMP TABLE IF NOT EXISTS rezoned (source_id INTEGER PRIMARY KEY, zone TEXT)";

// Makes the times of boots of temp.rezoned what was printed, and empties that. A source of which
// events show that some of its lines print their zone, or that it is a journal's, stays as it is:
// which of its times were made with the zone is not known any more.
Status RestorePrintedClocks(Database& database);

}  // namespace kautopsy
