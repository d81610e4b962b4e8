#pragma once

#include <vector>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// What the kernel's own list of allocations [mem_alloc_profiling, since 6.10] tells of the memory
// that no counter of the report holds: drivers' pages, vmalloc, what a balloon took.
struct ProfileNames {
  std::vector<const AllocTagFacts*> holders;  // biggest first; of `event`
  int64_t size_kb = 0;                        // of all of them
};

// Leaves out the entries whose memory the counters hold already: slab, the page cache, programs'
// pages, page tables, stacks and huge pages, and entries of less than a page or of several at once,
// which may lie in slab.
ProfileNames NamedByProfile(const EventFacts& event);

// "fill_grant_buffer [xen_blkfront] 33 MiB".
std::string TagWords(const AllocTagFacts& tag);

}  // namespace kautopsy
