#pragma once

#include <cstdint>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// File cache that is neither dirty nor being written, in the zones that the request may use where
// zone lines tell them apart.
struct CleanCache {
  int64_t inactive_kb = 0;  // could simply be dropped
  // Likewise, once reclaim has aged it (mm/vmscan.c, shrink_active_list()). 0 without zone lines,
  // and where a zone passes its mark: what is dropped makes pages free, not larger pieces.
  int64_t active_kb = 0;
  int64_t zones_kb = 0;  // what those zones hold; 0 if that is not known
};

CleanCache CleanCacheOf(const IncidentFacts& facts, const EventFacts& event);

// True if a fifth of the zones and more could be dropped, or a third with what is active: far
// beyond what a kernel that reclaims leaves behind before it kills.
bool IsPlenty(const CleanCache& cache);

// True if the report shows that reclaim had nothing left to take: hardly any file cache, and memory
// of programs cannot leave RAM, since swap is full or absent. False where that is not printed.
bool NothingToReclaim(const IncidentFacts& facts, const EventFacts& event);

}  // namespace kautopsy
