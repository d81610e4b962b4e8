#pragma once

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Sorts the events that are to be grouped into those that belong together (see incidents.h): new
// ones, those of outdated incidents, and those near them. The result is the table temp.grouped, a
// row per span of events of one group: first_event (the group's first, which names it), from_event,
// to_event, and incident_id, which is NULL where the events are to be given the group's incident.
// The caller holds the transaction.
Status SortIntoGroups(Database& database);
// Empties the table.
Status ForgetGroups(Database& database);

}  // namespace kautopsy
