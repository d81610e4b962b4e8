#include "reports/diagnosis/balance.h"

namespace kautopsy {

Integer RamKb(const IncidentFacts& facts, const EventFacts& event) {
  if (event.mem && event.mem->ram_pages && event.mem->reserved_pages) {
    const int64_t pages = *event.mem->ram_pages - *event.mem->reserved_pages;
    if (pages > 0) return pages * event.page_kb();
  }
  return facts.ram_kb;
}

std::vector<BalanceItem> BalanceOf(const IncidentFacts& facts, const EventFacts& event) {
  std::vector<BalanceItem> items;
  const Integer ram_kb = RamKb(facts, event);
  if (!event.mem || !ram_kb || !event.mem->free_pages) return items;
  const MemInfoFacts& mem = *event.mem;
  const int64_t page_kb = event.page_kb();
  int64_t rest = *ram_kb;
  const auto add = [&](const char* item, const Integer& pages) {
    if (!pages) return;
    items.push_back({item, *pages * page_kb});
    rest -= *pages * page_kb;
  };
  // Kernels before 2.6.28 print only active and inactive, without telling programs from files.
  if (mem.anon_pages)
    add("anon", mem.anon_pages);
  else
    add("lru", mem.lru_pages);
  add("file", mem.file_pages);
  add("unevictable", mem.unevictable_pages);
  add("isolated", mem.isolated_pages);
  add("free", mem.free_pages);
  if (mem.slab_unreclaimable_pages) {
    add("slab_unreclaimable", mem.slab_unreclaimable_pages);
    add("slab_reclaimable", mem.slab_reclaimable_pages);
  } else {
    add("slab", mem.slab_pages);
  }
  add("pagetables", mem.pagetables_pages);
  int64_t stacks_kb = 0;
  for (const ZoneFacts& zone : event.zones) stacks_kb += zone.kernel_stack_kb.value_or(0);
  if (stacks_kb > 0) add("kernel_stacks", stacks_kb / page_kb);
  items.push_back({"not_itemised", rest});
  return items;
}

int64_t ItemKb(const std::vector<BalanceItem>& items, std::string_view item) {
  for (const BalanceItem& entry : items) {
    if (entry.item == item) return entry.size_kb;
  }
  return 0;
}

}  // namespace kautopsy
