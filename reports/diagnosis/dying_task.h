#pragma once

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// The kill that the task of this refusal was dying of: by the OOM killer, of the same pid on the
// same host and boot, at most a minute before. Null if there is none, and where the task was only
// interrupted by who asked.
const KillFacts* KilledBefore(const IncidentFacts& facts, const EventFacts& refusal);

}  // namespace kautopsy
