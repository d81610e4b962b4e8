#pragma once

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/zone_check.h"

namespace kautopsy {

// True if the report was cut among its zones: what a printed one keeps back [lowmem_reserve] tells
// of more zones with memory than are printed, and kernels leave out only those above the request's
// highest. Then neither can it be told that no zone would serve the request, nor what is kept back
// from it.
bool LacksZones(const EventFacts& event, const PieceRequest& request, const KernelVersion& kernel);

}  // namespace kautopsy
