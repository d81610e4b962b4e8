#pragma once

#include <string>
#include <vector>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// One item of where the memory of the machine is. Items do not overlap; their sum is MemTotal.
struct BalanceItem {
  std::string item;  // anon, file, unevictable, isolated, free, slab_reclaimable,
                     // slab_unreclaimable, slab, pagetables, kernel_stacks, not_itemised
  int64_t size_kb = 0;
};

// What a Mem-Info block says; empty if it does not print the totals that are needed. `not_itemised`
// is the rest of MemTotal (it may be negative when counters were read at different moments):
// vmalloc, per-cpu memory, buffers of drivers and other memory that the kernel does not print.
std::vector<BalanceItem> BalanceOf(const IncidentFacts& facts, const EventFacts& event);

// MemTotal at that event: RAM - reserved, else the incident's.
Integer RamKb(const IncidentFacts& facts, const EventFacts& event);

// Size of an item; 0 if it is not there.
int64_t ItemKb(const std::vector<BalanceItem>& items, std::string_view item);

}  // namespace kautopsy
