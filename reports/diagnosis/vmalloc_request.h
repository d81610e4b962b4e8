#pragma once

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// How far a refused request for kernel memory in mapped single pages [vmalloc] came. Only kPages
// says anything of the machine's memory.
enum class VmallocStage {
  kNone,        // no request of that kind
  kImpossible,  // 0 bytes, or more than the machine has: refused without looking
  kNoRange,     // no hole in the kernel's range of virtual addresses
  kUnclear,     // no hole, or not even the few bytes that describe one
  kPages,       // it got a range, but not all of its pages, one by one
};

// By the words of mm/vmalloc.c, alloc_vmap_area(), __vmalloc_node_range() and
// __vmalloc_area_node(), which `reason` holds.
VmallocStage StageOf(const RefusalFacts& refusal);

// True for a refusal that came before any page was asked for: the state of memory does not tell
// why.
bool RefusedBeforePages(const EventFacts& event);

}  // namespace kautopsy
