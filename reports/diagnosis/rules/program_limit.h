#pragma once

#include <optional>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"
#include "reports/diagnosis/growth.h"

namespace kautopsy {

// Limits that keep a program from filling the host. All rules that advise one take it from here:
// two limits for one program would contradict each other.

// The limit for what grew between reports.
Advice LimitGrown(const IncidentFacts& facts, const Growth& growth);

// The limit for the program that filled RAM at this event: the one that grew, else the largest of
// its table. None where no single program did.
std::optional<Advice> LimitProgram(const IncidentFacts& facts, const EventFacts& event,
                                   int64_t ram_kb);

}  // namespace kautopsy
