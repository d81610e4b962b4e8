#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// One item of where the memory of the machine, or of one node, is. Items without `part_of` do not
// overlap; their sum is the memory that the kernel manages.
struct BalanceItem {
  std::string item;  // anon, lru, file, unevictable, undroppable_file, isolated, free, free_pcp,
                     // slab_reclaimable, slab_unreclaimable, slab, pagetables, sec_pagetables,
                     // kernel_stacks, huge_pages, bounce, shmem, per_cpu, mlocked, free_cma,
                     // reserved, not_itemised
  int64_t size_kb = 0;
  std::string part_of = {};  // the item that holds it; "outside" of managed memory: reserved
};

struct NodeBalance {
  int64_t node = 0;
  int64_t total_kb = 0;
  std::vector<BalanceItem> items;
};

// What a Mem-Info block, or a pasted /proc/meminfo, says; empty if it does not print the totals
// that are needed. Where nothing tells of RAM there is no `not_itemised`, the rest of MemTotal (it
// may be negative when counters were read at different moments): vmalloc, per-cpu memory, buffers
// of drivers and other memory that the kernel does not print.
std::vector<BalanceItem> BalanceOf(const IncidentFacts& facts, const EventFacts& event);

// What is inside of those items, and what is reserved outside of them.
std::vector<BalanceItem> BalanceParts(const EventFacts& event);

// The same for each node of a machine of several that is printed, with its parts. Slab is printed
// per zone before 4.8 only; later it is in not_itemised.
std::vector<NodeBalance> NodeBalances(const EventFacts& event);

// MemTotal at that event: RAM - reserved, or its own MemTotal, else the incident's.
Integer RamKb(const IncidentFacts& facts, const EventFacts& event);

// RAM where it is known, else what the counters of a report that was cut add up to; none where some
// of these are missing, too. What the items of BalanceOf() add up to.
Integer BalanceTotalKb(const IncidentFacts& facts, const EventFacts& event);

// Size of an item; 0 if it is not there.
int64_t ItemKb(const std::vector<BalanceItem>& items, std::string_view item);

}  // namespace kautopsy
