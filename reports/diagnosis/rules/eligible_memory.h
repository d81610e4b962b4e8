#pragma once

#include <cstdint>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// The memory that the request of an event may use, where that is not all of it. `event` has a
// rerun.

// What all zones hold that the request may use; 0 if a line does not say it.
int64_t EligibleKb(const EventFacts& event);

// A kernel that reaches the zones above low memory through windows only. Where their lines are left
// out, zone DMA32 tells the 64-bit kernel, which has Movable at most above Normal.
bool HasHighMem(const EventFacts& event);

// True for a request that may use all zones but Movable, which is for what can be moved only:
// memory of programs and files. Nothing of the kernel's own lies there.
bool IsBarredFromMovable(const EventFacts& event);

// True if zones of the request together hold less than the piece that it asks for: no state of
// theirs could serve it.
bool IsLargerThanItsZones(const EventFacts& event);

}  // namespace kautopsy
