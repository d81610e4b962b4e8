#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

#include "base/text.h"
#include "reports/diagnosis/facts_parts.h"

namespace kautopsy {
namespace {

// With blocks of at most 1 GiB, the sum of a list then fits 63 bits.
constexpr int64_t kLargestBlockCount = int64_t{1} << 36;
constexpr int64_t kLargestBlockKb = int64_t{1} << 20;

// "[1648026,0,3]": gives `take` the numbers at the head of `json`, up to one that is none from 0 to
// `most`, and returns what is left.
template <class Take>
std::string_view TakeNumbers(std::string_view json, int64_t most, Take&& take) {
  std::string_view left = json;
  std::string_view rest = json;
  while (ConsumePrefix(rest, left.size() == json.size() ? "[" : ",")) {
    const std::optional<int64_t> number = ConsumeInteger(rest);
    if (!number || *number < 0 || *number > most) break;
    take(*number);
    left = rest;
  }
  return left;
}

std::size_t ItemCount(std::string_view json) {
  return static_cast<std::size_t>(std::count(json.begin(), json.end(), ',')) + 1;
}

// Empty if it is not an array of sane numbers: half of it would be read as another kernel's.
std::vector<int64_t> ReserveOf(std::string_view json) {
  std::vector<int64_t> pages;
  if (json.empty()) return pages;
  pages.reserve(ItemCount(json));
  const auto take = [&](int64_t number) { pages.push_back(number); };
  if (TakeNumbers(json, kLargestSize, take) != "]") pages.clear();
  return pages;
}

NodeMemory& MemoryOf(EventFacts& event, const Integer& node) {
  const auto found = std::find_if(event.node_memory.begin(), event.node_memory.end(),
                                  [&](const NodeMemory& memory) { return memory.node == node; });
  if (found != event.node_memory.end()) return *found;
  event.node_memory.emplace_back().node = node;
  return event.node_memory.back();
}

// Adds a size that a machine can have, so that no sum overflows.
void Add(Integer& sum_kb, const Integer& kb) {
  if (kb && *kb >= 0) sum_kb = std::min(sum_kb.value_or(0) + *kb, kLargestSize);
}

// What a zone's line prints of its memory; the columns from `column` on are those that only these
// sums need.
void AddToNode(EventFacts& event, const ZoneFacts& zone, const Statement& row, int column) {
  NodeMemory& memory = MemoryOf(event, zone.node);
  Add(memory.total_kb, zone.managed_kb ? zone.managed_kb : zone.present_kb);
  Add(memory.anon_kb, zone.active_anon_kb);
  Add(memory.anon_kb, zone.inactive_anon_kb);
  Add(memory.file_kb, zone.active_file_kb);
  Add(memory.file_kb, zone.inactive_file_kb);
  Add(memory.kernel_stack_kb, zone.kernel_stack_kb);
  Add(memory.pagetables_kb, zone.pagetables_kb);
  Add(memory.free_kb, zone.free_kb);
  Add(memory.free_cma_kb, zone.free_cma_kb);
  Add(memory.slab_unreclaimable_kb, zone.slab_unreclaimable_kb);
  for (Integer* const sum_kb :
       {&memory.unevictable_kb, &memory.isolated_kb, &memory.isolated_kb, &memory.shmem_kb,
        &memory.free_pcp_kb, &memory.mlocked_kb, &memory.bounce_kb, &memory.slab_reclaimable_kb})
    Add(*sum_kb, Size(row, column++));
}

constexpr int kMinColumn = 3;  // min, low and high of a zone's row

void TakeZones(EventFacts& event, const Statement& row) {
  ZoneFacts& zone = event.zones.emplace_back();
  zone.node = Size(row, 0);
  zone.zone = row.GetText(1).value_or("?");
  Integer* const sizes[] = {&zone.free_kb,
                            &zone.min_kb,
                            &zone.low_kb,
                            &zone.high_kb,
                            &zone.present_kb,
                            &zone.managed_kb,
                            &zone.reserved_highatomic_kb,
                            &zone.free_highatomic_kb,
                            &zone.free_cma_kb,
                            &zone.slab_unreclaimable_kb,
                            &zone.kernel_stack_kb,
                            &zone.active_file_kb,
                            &zone.inactive_file_kb,
                            &zone.free_list_kb,
                            &zone.boost_kb,
                            &zone.pagetables_kb,
                            &zone.active_anon_kb,
                            &zone.inactive_anon_kb};
  int column = 2;
  for (Integer* const size : sizes) {
    *size = Size(row, column++);
    if (size == &zone.managed_kb && *size && **size < 0) zone.managed_below_zero_kb = -**size;
    if (*size && **size < 0) size->reset();  // a counter that races wrapped around
  }
  const auto beyond_all = [&](int mark) { return row.GetInteger(mark).value_or(0) > kLargestSize; };
  zone.marks_beyond_all =
      beyond_all(kMinColumn) && beyond_all(kMinColumn + 1) && beyond_all(kMinColumn + 2);
  zone.lowmem_reserve_pages = ReserveOf(row.ViewText(column++));
  zone.all_unreclaimable = Flag(row, column++);
  if (event.mem) AddToNode(event, zone, row, column);
  ++event.zone_rows;
}

ZoneFacts& ZoneOf(EventFacts& event, const Integer& node, std::string_view name) {
  for (ZoneFacts& zone : event.zones) {
    if (zone.node == node && zone.zone == name) return zone;
  }
  ZoneFacts& zone = event.zones.emplace_back();
  zone.node = node;
  zone.zone = name;
  return zone;
}

std::vector<FreeCell> CellsOf(std::string_view counts, int64_t block_kb) {
  std::vector<FreeCell> cells;
  cells.reserve(ItemCount(counts));
  TakeNumbers(counts, kLargestBlockCount, [&](int64_t count) {
    if (block_kb <= 0 || block_kb > kLargestBlockKb) return;
    cells.push_back({static_cast<int>(cells.size()), block_kb, count, std::nullopt});
    block_kb *= 2;
  });
  return cells;
}

// ["UM",null,"M"]
void ReadTypes(std::string_view types, std::vector<FreeCell>& cells) {
  ConsumePrefix(types, "[");
  if (types.ends_with(']')) types.remove_suffix(1);
  for (FreeCell& cell : cells) {
    std::string_view item = types.substr(0, types.find(','));
    types.remove_prefix(std::min(item.size() + 1, types.size()));
    if (ConsumePrefix(item, "\"") && item.ends_with('"'))
      cell.migrate_types = std::string(item.substr(0, item.size() - 1));
  }
}

void TakeFreeLists(EventFacts& event, const Statement& row) {
  ++event.list_rows;
  ZoneFacts& zone = ZoneOf(event, Size(row, 0), row.ViewText(1));
  if (!zone.cells.empty()) return;
  zone.cells = CellsOf(row.ViewText(3), row.GetInteger(2).value_or(0));
  ReadTypes(row.ViewText(4), zone.cells);
}

// The node line, which is read after the zones, counts since 4.8 what their lines counted before;
// those that both print are the same memory (mm/page_alloc.c, show_free_areas()).
void SetNode(NodeMemory& memory, const Statement& row, int column) {
  for (const auto& [sum_kb, columns] : {std::pair(&memory.anon_kb, 2),
                                        {&memory.file_kb, 2},
                                        {&memory.isolated_kb, 2},
                                        {&memory.unevictable_kb, 1},
                                        {&memory.shmem_kb, 1},
                                        {&memory.kernel_stack_kb, 1},
                                        {&memory.pagetables_kb, 1},
                                        {&memory.sec_pagetables_kb, 1}}) {
    Integer kb;
    for (int i = 0; i < columns; ++i) Add(kb, Size(row, column++));
    if (kb) *sum_kb = kb;
  }
}

void TakeNode(EventFacts& event, const Statement& row) {
  const NodeFacts node = {Size(row, 0), Size(row, 1), Size(row, 2), Flag(row, 3)};
  if (event.mem) SetNode(MemoryOf(event, node.node), row, 4);
  const bool of_note = node.anon_thp_kb.value_or(0) > 0 || node.balloon_kb.value_or(0) > 0 ||
                       node.all_unreclaimable.value_or(false);
  if (of_note) event.nodes.push_back(node);
}

void TakeHugePages(EventFacts& event, const Statement& row) {
  const HugePageFacts pages = {Size(row, 0), Size(row, 1), Size(row, 2), Size(row, 3)};
  event.huge_pages.push_back(pages);
  if (!event.mem || !pages.total || !pages.size_kb || *pages.size_kb <= 0) return;
  if (*pages.total > kLargestSize / *pages.size_kb) return;
  Add(MemoryOf(event, pages.node).huge_pages_kb, *pages.total * *pages.size_kb);
}

using Kinds = std::vector<std::string_view>;

const Kinds& ReportKinds() {
  static const Kinds kReports = {"oom", "alloc_failure", "alloc_stall", "mem_info"};
  return kReports;
}

const Kinds& ListKinds() {
  static const Kinds kLists = {"oom", "alloc_failure", "alloc_stall", "mem_info", "buddyinfo"};
  return kLists;
}

// By the count of RAM; without one, each zone has its line and its list, from the first node on.
bool PrintsAllNodes(const EventFacts& event) {
  int64_t total_kb = 0;
  int64_t last_node = 0;
  for (const NodeMemory& node : event.node_memory) {
    total_kb += node.total_kb.value_or(0);
    last_node = std::max(last_node, node.node.value_or(0));
  }
  if (event.mem->ram_pages && event.mem->reserved_pages)
    return total_kb == (*event.mem->ram_pages - *event.mem->reserved_pages) * event.page_kb();
  return total_kb > 0 && last_node + 1 == static_cast<int64_t>(event.node_memory.size()) &&
         std::ranges::all_of(event.zones, [](const ZoneFacts& zone) {
           return zone.free_kb && !zone.cells.empty();
         });
}

}  // namespace

Status CountZonesLeftOut(RowReader& reader, IncidentFacts& facts) {
  int64_t zone_rows = 0;
  int64_t list_rows = 0;
  for (const EventFacts& event : facts.events) {
    zone_rows += event.zone_rows;
    list_rows += event.list_rows;
  }
  Status read;
  for (const auto& [relation, kinds, rows] : {std::tuple("zone", &ReportKinds(), zone_rows),
                                              {"free_list_line", &ListKinds(), list_rows}}) {
    if (!read || rows < kMostZones) continue;
    const std::string sql = fmt::format(
        "SELECT count(*) FROM {} WHERE event_id IN"
        " (SELECT event_id FROM event WHERE incident_id = ?1 AND kind IN ('{}'))",
        relation, fmt::join(*kinds, "', '"));
    read = reader.ForEach(sql, facts.id, [&, known = rows](const Statement& row) {
      facts.zones_left_out = std::max(facts.zones_left_out, row.GetInteger(0).value_or(0) - known);
    });
  }
  return read;
}

void FillFromNodes(EventFacts& event) {
  if (!event.mem || event.mem->lru_pages || !PrintsAllNodes(event)) return;
  const auto fill = [&](Integer& pages, Integer NodeMemory::*member) {
    if (pages) return;
    int64_t kb = 0;
    for (const NodeMemory& node : event.node_memory) {
      if (!(node.*member)) return;
      kb += *(node.*member);
    }
    pages = kb / event.page_kb();
  };
  fill(event.mem->anon_pages, &NodeMemory::anon_kb);
  fill(event.mem->file_pages, &NodeMemory::file_kb);
  fill(event.mem->unevictable_pages, &NodeMemory::unevictable_kb);
  fill(event.mem->free_pages, &NodeMemory::free_kb);
  fill(event.mem->shmem_pages, &NodeMemory::shmem_kb);
  fill(event.mem->pagetables_pages, &NodeMemory::pagetables_kb);
  // Of slab the zones' lines tell until 4.7, and both or none of its kinds.
  fill(event.mem->slab_unreclaimable_pages, &NodeMemory::slab_unreclaimable_kb);
  fill(event.mem->slab_reclaimable_pages, &NodeMemory::slab_reclaimable_kb);
  if (!event.mem->slab_pages && event.mem->slab_unreclaimable_pages)
    event.mem->slab_pages =
        *event.mem->slab_unreclaimable_pages + event.mem->slab_reclaimable_pages.value_or(0);
}

const std::vector<Part>& NodeParts() {
  static const std::vector<Part> kParts = {
      {ReportKinds(), TakeZones,
       "node, zone, free_kb, min_kb, low_kb, high_kb, present_kb, managed_kb,"
       " reserved_highatomic_kb, free_highatomic_kb, free_cma_kb, slab_unreclaimable_kb,"
       " kernel_stack_kb, active_file_kb, inactive_file_kb, free_list_kb, boost_kb, pagetables_kb,"
       " active_anon_kb, inactive_anon_kb, lowmem_reserve_pages, all_unreclaimable,"
       " unevictable_kb, isolated_anon_kb, isolated_file_kb, shmem_kb, free_pcp_kb, mlocked_kb,"
       " bounce_kb, slab_reclaimable_kb",
       "zone", "rowid", "", kMostZones},
      {ListKinds(), TakeFreeLists, "node, zone, block_kb, counts, migrate_types", "free_list_line",
       "rowid", "", kMostZones},
      {ReportKinds(), TakeNode,
       "node, anon_thp_kb, balloon_kb, all_unreclaimable, active_anon_kb, inactive_anon_kb,"
       " active_file_kb, inactive_file_kb, isolated_anon_kb, isolated_file_kb, unevictable_kb,"
       " shmem_kb, kernel_stack_kb, pagetables_kb, sec_pagetables_kb",
       "node", "rowid", "", kMostZones},
      {ReportKinds(), TakeHugePages, "node, total, free, size_kb", "hugepages", "rowid",
       "total > 0"}};
  return kParts;
}

}  // namespace kautopsy
