#pragma once

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Compares the incidents of every host that has a new or changed one (incident.occurrence is NULL)
// with each other, and writes what that tells: occurrence, same_as, gap_s, and the findings of
// history.h. The caller holds the transaction.
Status RelateIncidentsOfHosts(Database& database);

}  // namespace kautopsy
