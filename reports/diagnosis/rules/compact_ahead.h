#pragma once

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// How this kernel joins small pieces before they are asked for. `piece_kb` is what was lacking.
Advice CompactAhead(const KernelVersion& kernel, int64_t piece_kb);

}  // namespace kautopsy
