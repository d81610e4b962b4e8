#include "reports/diagnosis/reach.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

std::vector<const ZoneFacts*> EligibleZones(const EventFacts& event) {
  std::vector<const ZoneFacts*> zones;
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    if (event.rerun->checks[i].eligible) zones.push_back(&event.zones[i]);
  }
  return zones;
}

// The nodes of which the request could use every zone; empty if it lacks one of any.
std::vector<int64_t> WholeNodes(const EventFacts& event,
                                const std::vector<const ZoneFacts*>& zones) {
  std::map<int64_t, int64_t> missing;  // zones of the node, less those that are eligible
  for (const ZoneFacts& zone : event.zones) ++missing[zone.node.value_or(-1)];
  for (const ZoneFacts* const zone : zones) --missing[zone->node.value_or(-1)];
  std::vector<int64_t> whole;
  for (const ZoneFacts* const zone : zones) {
    const int64_t node = zone->node.value_or(-1);
    if (node < 0 || missing[node] > 0) return {};
    if (std::ranges::find(whole, node) == whole.end()) whole.push_back(node);
  }
  return whole;
}

void Add(std::vector<BalanceItem>& items, const std::string& item, int64_t kb) {
  const auto found = std::ranges::find(items, item, &BalanceItem::item);
  if (found != items.end())
    found->size_kb += kb;
  else
    items.push_back({item, kb});
}

void AddIf(std::vector<BalanceItem>& items, const std::string& item, const Integer& kb) {
  if (kb) Add(items, item, *kb);
}

std::optional<Reach> OfNodes(const EventFacts& event, const std::vector<int64_t>& nodes) {
  Reach reach;
  std::vector<std::string> names;
  for (const NodeBalance& balance : NodeBalances(event)) {
    if (std::ranges::find(nodes, balance.node) == nodes.end()) continue;
    names.push_back(std::to_string(balance.node));
    reach.total_kb += balance.total_kb;
    for (const BalanceItem& item : balance.items) {
      if (item.part_of.empty()) Add(reach.items, item.item, item.size_kb);
    }
  }
  if (names.size() != nodes.size()) return std::nullopt;
  reach.name = (names.size() == 1 ? "node " : "nodes ") + JoinWords(names);
  return reach;
}

// Since 4.8 slab is counted per node. It never lies in HighMem or Movable, which are all that an
// ordinary request of the kernel may not use (mm/slub.c, alloc_slab_page(): without __GFP_HIGHMEM).
void AddSlabOfMachine(const EventFacts& event, std::vector<BalanceItem>& items) {
  const bool kernel = event.rerun->request.gfp.highest >= HighestZone::kNormal;
  const bool told =
      std::ranges::find(items, "slab_unreclaimable", &BalanceItem::item) != items.end();
  if (!kernel || told || !event.mem || !event.rerun->request.nodes.empty()) return;
  if (!event.mem->slab_unreclaimable_pages) return;
  Add(items, "slab_unreclaimable", *event.mem->slab_unreclaimable_pages * event.page_kb());
  Add(items, "slab_reclaimable", event.mem->slab_reclaimable_pages.value_or(0) * event.page_kb());
}

std::optional<Reach> OfZones(const EventFacts& event, const std::vector<const ZoneFacts*>& zones) {
  Reach reach;
  std::vector<std::string> names;
  for (const ZoneFacts* const zone : zones) {
    const Integer size_kb = zone->managed_kb ? zone->managed_kb : zone->present_kb;
    if (!size_kb) return std::nullopt;
    reach.total_kb += *size_kb;
    names.push_back(ZoneName(*zone));
    AddIf(reach.items, "anon", zone->active_anon_kb);
    AddIf(reach.items, "anon", zone->inactive_anon_kb);
    AddIf(reach.items, "file", zone->active_file_kb);
    AddIf(reach.items, "file", zone->inactive_file_kb);
    AddIf(reach.items, "free", zone->free_kb);
    AddIf(reach.items, "slab_unreclaimable", zone->slab_unreclaimable_kb);
    AddIf(reach.items, "pagetables", zone->pagetables_kb);
    AddIf(reach.items, "kernel_stacks", zone->kernel_stack_kb);
  }
  AddSlabOfMachine(event, reach.items);
  int64_t rest_kb = reach.total_kb;
  for (const BalanceItem& item : reach.items) rest_kb -= item.size_kb;
  reach.items.push_back({"not_itemised", rest_kb});
  reach.name = JoinWords(names);
  return reach;
}

// A node's counters are of all its zones, and since 6.1 those above the request are not printed;
// zone lines do not hold all that lies in a zone. What is told must make most of the whole, and no
// more.
bool IsToldOf(const Reach& reach) {
  constexpr double kLeast = 0.1;
  constexpr double kMost = 1.02;
  int64_t told_kb = 0;
  for (const BalanceItem& item : reach.items) {
    if (item.item != "not_itemised") told_kb += item.size_kb;
  }
  const double share = static_cast<double>(told_kb) / static_cast<double>(reach.total_kb);
  return share >= kLeast && share <= kMost;
}

}  // namespace

std::optional<Reach> ReachOf(const IncidentFacts& facts, const EventFacts& event) {
  constexpr double kWholeShare = 0.98;  // the rest is a zone DMA, say
  const Integer ram_kb = RamKb(facts, event);
  if (!event.rerun || !event.mem || !ram_kb) return std::nullopt;
  const std::vector<const ZoneFacts*> zones = EligibleZones(event);
  if (zones.empty()) return std::nullopt;
  const std::vector<int64_t> nodes = WholeNodes(event, zones);
  std::optional<Reach> reach = nodes.empty() ? std::nullopt : OfNodes(event, nodes);
  if (!reach) reach = OfZones(event, zones);
  const bool whole =
      reach && static_cast<double>(reach->total_kb) > kWholeShare * static_cast<double>(*ram_kb);
  if (whole || !reach || reach->total_kb <= 0 || !IsToldOf(*reach)) return std::nullopt;
  return reach;
}

}  // namespace kautopsy
