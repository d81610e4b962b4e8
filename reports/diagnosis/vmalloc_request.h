#pragma once

#include <optional>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// How far a refused request for kernel memory in mapped single pages [vmalloc] came. Only kPages
// says anything of the machine's memory.
enum class VmallocStage {
  kNone,        // no request of that kind
  kImpossible,  // 0 bytes, or more than the machine has: refused without looking
  kNoRange,     // no hole in the kernel's range of virtual addresses
  kUnclear,     // no hole, or not even the few bytes that describe one
  kPageArray,   // it got a range, but no memory for the list of its pages
  kLargePages,  // no pages of the large size that it tried first; single ones are asked for next
  kPages,       // it got a range, but not all of its pages, one by one
};

// By the words of mm/vmalloc.c, alloc_vmap_area(), __vmalloc_node_range() and
// __vmalloc_area_node(), which `reason` holds.
VmallocStage StageOf(const RefusalFacts& refusal);

// Order of the pages that were asked for; none where it is not known or where it came to none.
// "page order 9, failed to allocate pages" is printed from 5.13 on; until 6.4 also where single
// pages are asked for behind it (__vmalloc_node_range(), "goto again").
std::optional<int> OrderOfPages(const RefusalFacts& refusal);

// True where pages were asked for one by one: what lacked is their sum, whatever the mask of each
// allows.
bool LacksSum(const EventFacts& event);

// How much of its size could be had, where the text tells it: until 5.12 "allocated 4096 of 8192
// bytes" (mm/vmalloc.c, __vmalloc_area_node()).
std::optional<int64_t> BytesHad(const RefusalFacts& refusal);

// True for a refusal that came before any page was asked for: the state of memory does not tell
// why.
bool RefusedBeforePages(const EventFacts& event);

}  // namespace kautopsy
