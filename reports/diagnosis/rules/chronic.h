#pragma once

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// True if a memory report of the incident shows, by its own arithmetic, that an ordinary request of
// at most the costly order was refused while single pages were to be had in plenty.
bool ShowsFragmentation(const IncidentFacts& facts);
// Whether this event shows it.
bool ShowsFragmentation(const EventFacts& event);

// Requests of up to this order make the kernel reclaim, compact and in the end kill; larger ones
// just fail (include/linux/mmzone.h, PAGE_ALLOC_COSTLY_ORDER = 3, since 2.6.24).
constexpr int kCostlyOrder = 3;

}  // namespace kautopsy
