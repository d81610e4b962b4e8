#include "reports/diagnosis/balance.h"

#include <algorithm>
#include <utility>

#include "reports/diagnosis/unevictable.h"

namespace kautopsy {
namespace {

// Takes items until the rest is what nobody itemised.
class Balance {
 public:
  // Without a total nothing is left over.
  explicit Balance(const Integer& total_kb)
      : rest_kb_(total_kb.value_or(0)), rest_known_(total_kb.has_value()) {}
  void Add(const char* item, const Integer& kb) {
    if (!kb) return;
    items_.push_back({item, *kb});
    rest_kb_ -= *kb;
  }
  // What is mostly not there at all.
  void AddIfAny(const char* item, const Integer& kb) {
    if (kb.value_or(0) > 0) Add(item, kb);
  }
  std::vector<BalanceItem> Finish() {
    if (rest_known_) items_.push_back({"not_itemised", rest_kb_});
    return std::move(items_);
  }

 private:
  std::vector<BalanceItem> items_;
  int64_t rest_kb_;
  bool rest_known_;
};

// Sum over the nodes; none if no node prints it.
Integer SumKb(const EventFacts& event, Integer NodeMemory::*member) {
  Integer sum;
  for (const NodeMemory& node : event.node_memory) {
    if (node.*member) sum = sum.value_or(0) + *(node.*member);
  }
  return sum;
}

std::vector<BalanceItem> OfMemInfo(const EventFacts& event, const Integer& ram_kb) {
  const MemInfoFacts& mem = *event.mem;
  const int64_t page_kb = event.page_kb();
  const auto kb = [&](const Integer& pages) {
    return pages ? Integer(*pages * page_kb) : Integer();
  };
  Balance balance(ram_kb);
  // Kernels before 2.6.28 print only active and inactive, without telling programs from files.
  balance.Add(mem.anon_pages ? "anon" : "lru", kb(mem.anon_pages ? mem.anon_pages : mem.lru_pages));
  balance.Add("file", kb(mem.file_pages));
  if (mem.unevictable_pages) {
    const Unevictable unevictable = UnevictableOf(event);
    balance.Add("unevictable", unevictable.locked_kb);
    balance.AddIfAny("undroppable_file", unevictable.file_kb);
  }
  balance.Add("isolated", kb(mem.isolated_pages));
  balance.Add("free", kb(mem.free_pages));
  if (mem.slab_unreclaimable_pages) {
    balance.Add("slab_unreclaimable", kb(mem.slab_unreclaimable_pages));
    balance.Add("slab_reclaimable", kb(mem.slab_reclaimable_pages));
  } else {
    balance.Add("slab", kb(mem.slab_pages));
  }
  balance.Add("pagetables", kb(mem.pagetables_pages));
  balance.AddIfAny("kernel_stacks", SumKb(event, &NodeMemory::kernel_stack_kb));
  balance.AddIfAny("sec_pagetables", SumKb(event, &NodeMemory::sec_pagetables_kb));
  balance.AddIfAny("huge_pages", SumKb(event, &NodeMemory::huge_pages_kb));
  balance.AddIfAny("free_pcp", SumKb(event, &NodeMemory::free_pcp_kb));
  balance.AddIfAny("bounce", SumKb(event, &NodeMemory::bounce_kb));
  return balance.Finish();
}

// fs/proc/meminfo.c, meminfo_proc_show(): Cached holds shared memory, and neither it nor Buffers
// the swap cache.
std::vector<BalanceItem> OfMeminfo(const EventFacts& event, int64_t total_kb) {
  const Integer shmem_kb = event.ValueKb("Shmem");
  Balance balance(total_kb);
  balance.Add("anon", event.ValueKb("AnonPages"));
  balance.Add("shmem", shmem_kb);
  const Integer cached_kb = event.ValueKb("Cached");
  if (cached_kb) {
    balance.Add("file", *cached_kb + event.ValueKb("Buffers").value_or(0) - shmem_kb.value_or(0));
  }
  balance.Add("free", event.ValueKb("MemFree"));
  balance.Add("slab_unreclaimable", event.ValueKb("SUnreclaim"));
  balance.Add("slab_reclaimable", event.ValueKb("SReclaimable"));
  balance.Add("pagetables", event.ValueKb("PageTables"));
  balance.Add("kernel_stacks", event.ValueKb("KernelStack"));
  balance.AddIfAny("sec_pagetables", event.ValueKb("SecPageTables"));
  balance.AddIfAny("per_cpu", event.ValueKb("Percpu"));
  balance.AddIfAny("bounce", event.ValueKb("Bounce"));
  const auto huge = event.values.find("HugePages_Total");
  const Integer huge_kb = event.ValueKb("Hugepagesize");
  constexpr double kMostHugePages = 1e9;
  if (huge != event.values.end() && huge_kb && huge->second.value < kMostHugePages)
    balance.AddIfAny("huge_pages", static_cast<int64_t>(huge->second.value) * *huge_kb);
  return balance.Finish();
}

void AddPart(std::vector<BalanceItem>& parts, const char* item, const Integer& kb,
             const char* part_of) {
  if (kb.value_or(0) > 0) parts.push_back({item, *kb, part_of});
}

NodeBalance OfNode(const NodeMemory& node) {
  Balance balance(*node.total_kb);
  balance.Add("anon", node.anon_kb);
  balance.Add("file", node.file_kb);
  balance.Add("unevictable", node.unevictable_kb);
  balance.AddIfAny("isolated", node.isolated_kb);
  balance.Add("free", node.free_kb);
  balance.Add("slab_unreclaimable", node.slab_unreclaimable_kb);
  balance.Add("slab_reclaimable", node.slab_reclaimable_kb);
  balance.Add("pagetables", node.pagetables_kb);
  balance.Add("kernel_stacks", node.kernel_stack_kb);
  balance.AddIfAny("sec_pagetables", node.sec_pagetables_kb);
  balance.AddIfAny("huge_pages", node.huge_pages_kb);
  balance.AddIfAny("free_pcp", node.free_pcp_kb);
  balance.AddIfAny("bounce", node.bounce_kb);
  NodeBalance result{*node.node, *node.total_kb, balance.Finish()};
  AddPart(result.items, "shmem", node.shmem_kb, "anon");
  AddPart(result.items, "mlocked", node.mlocked_kb, "unevictable");
  AddPart(result.items, "free_cma", node.free_cma_kb, "free");
  return result;
}

// A request that is bound to nodes makes the kernel print these alone (mm/page_alloc.c,
// show_mem_node_skip()).
bool PrintsSomeNodes(const EventFacts& event) {
  if (event.node_memory.size() != 1 || !event.mem || !event.mem->ram_pages) return false;
  const Integer& total_kb = event.node_memory.front().total_kb;
  return event.rerun && !event.rerun->request.nodes.empty() && total_kb.value_or(0) > 0 &&
         *total_kb < *event.mem->ram_pages * event.page_kb() / 2;
}

}  // namespace

Integer RamKb(const IncidentFacts& facts, const EventFacts& event) {
  if (event.mem && event.mem->ram_pages && event.mem->reserved_pages) {
    const int64_t pages = *event.mem->ram_pages - *event.mem->reserved_pages;
    if (pages > 0) return pages * event.page_kb();
  }
  const Integer total_kb = event.ValueKb("MemTotal");
  return total_kb.value_or(0) > 0 ? total_kb : facts.ram_kb;
}

Integer BalanceTotalKb(const IncidentFacts& facts, const EventFacts& event) {
  const Integer ram_kb = RamKb(facts, event);
  if (ram_kb) return ram_kb;
  const bool whole = event.mem && event.mem->free_pages && event.mem->slab_pages &&
                     (event.mem->lru_pages || (event.mem->anon_pages && event.mem->file_pages));
  if (!whole) return std::nullopt;
  int64_t total_kb = 0;
  for (const BalanceItem& item : OfMemInfo(event, std::nullopt)) total_kb += item.size_kb;
  return total_kb > 0 ? Integer(total_kb) : std::nullopt;
}

std::vector<BalanceItem> BalanceOf(const IncidentFacts& facts, const EventFacts& event) {
  if (!BalanceTotalKb(facts, event)) return {};
  const Integer ram_kb = RamKb(facts, event);
  if (event.mem && event.mem->free_pages) return OfMemInfo(event, ram_kb);
  const bool meminfo = ram_kb && event.ValueKb("MemTotal") && event.ValueKb("AnonPages");
  return meminfo ? OfMeminfo(event, *ram_kb) : std::vector<BalanceItem>();
}

std::vector<BalanceItem> BalanceParts(const EventFacts& event) {
  std::vector<BalanceItem> parts;
  if (event.mem) {
    const int64_t page_kb = event.page_kb();
    AddPart(parts, "shmem", event.mem->shmem_pages.value_or(0) * page_kb, "anon");
    AddPart(parts, "mlocked", SumKb(event, &NodeMemory::mlocked_kb), "unevictable");
    AddPart(parts, "free_cma", event.mem->free_cma_pages.value_or(0) * page_kb, "free");
    AddPart(parts, "reserved", event.mem->reserved_pages.value_or(0) * page_kb, "outside");
  } else {
    AddPart(parts, "free_cma", event.ValueKb("CmaFree"), "free");
  }
  return parts;
}

std::vector<NodeBalance> NodeBalances(const EventFacts& event) {
  std::vector<NodeBalance> balances;
  if (event.node_memory.size() < 2 && !PrintsSomeNodes(event)) return balances;
  for (const NodeMemory& node : event.node_memory) {
    const bool usable = node.node && node.total_kb.value_or(0) > 0 && node.free_kb;
    if (usable) balances.push_back(OfNode(node));
  }
  return balances;
}

int64_t ItemKb(const std::vector<BalanceItem>& items, std::string_view item) {
  for (const BalanceItem& entry : items) {
    if (entry.item == item) return entry.size_kb;
  }
  return 0;
}

}  // namespace kautopsy
