#pragma once

#include <cstddef>
#include <functional>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Groups the events that belong to no incident yet, runs the rules over each incident that is new
// or has grown, and stores the result: incident, finding, finding_evidence, zone_check,
// node_balance. One transaction; what was concluded of other incidents before is left alone.
// `on_incident`, if there is one, is told how many of them are done: 0 of 0 while they are grouped.
using OnIncident = std::function<void(std::size_t done, std::size_t all)>;
Status UpdateIncidents(Database& database, const OnIncident& on_incident = {});

}  // namespace kautopsy
