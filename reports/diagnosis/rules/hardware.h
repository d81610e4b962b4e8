#pragma once

#include <vector>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// The event's errors that the hardware reported: without requests of a program, and what the kernel
// then did with the same page of that host.
std::vector<HardwareErrorFacts> RealErrors(const IncidentFacts& facts, const EventFacts& event);

}  // namespace kautopsy
