#pragma once

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// How this kernel joins small pieces before they are asked for. `event` has a rerun, whose order is
// the piece that was lacking.
Advice CompactAhead(const KernelVersion& kernel, const EventFacts& event);

}  // namespace kautopsy
