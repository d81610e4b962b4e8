#pragma once

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Groups the events that belong to no incident yet, runs the rules over each incident that is new
// or has grown, and stores the result: incident, finding, finding_evidence, zone_check,
// memory_balance. One transaction; what was concluded of other incidents before is left alone.
Status UpdateIncidents(Database& database);

}  // namespace kautopsy
