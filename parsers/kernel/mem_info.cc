#include "parsers/kernel/mem_info.h"

#include <fmt/core.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/limits.h"
#include "parsers/kernel/mem_info_2_4.h"
#include "parsers/kernel/oom.h"
#include "parsers/kernel/reserved_pages.h"
#include "parsers/kernel/size_fields.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxZones = 4096;      // 1024 nodes (CONFIG_NODES_SHIFT) of 4 zones
constexpr std::size_t kMaxHugePages = 8192;  // that many nodes, of at most 8 sizes
constexpr std::size_t kMaxExtra = 65536;

bool IsHeader(std::string_view text) { return text == "Mem-Info:" || text == "Mem-info:"; }

int64_t LineOf(const LogLine& line) { return static_cast<int64_t>(line.place.line); }

// Since 4.8 the line ends with free_cma, before with all_unreclaimable.
bool IsWhole(const Zone& zone) {
  return zone.high_kb && (zone.all_unreclaimable || zone.free_cma_kb);
}

// Since 4.8 nodes tell what zones did before, and zones as new what waits for writing
// (mm/page_alloc.c, show_free_areas()); a cut line may not show it.
bool IsOfNodes(const Zone& zone) {
  return zone.writepending_kb || (zone.free_cma_kb && !zone.all_unreclaimable && !zone.unstable_kb);
}

bool IsWhole(const FreeList& list) { return list.empty || list.total_kb; }

// What a log that was cut has left of a block may begin like this.
bool StartsNamed(std::string_view text) {
  FreeList list;
  std::vector<MemInfoExtra> extra;
  return ParseZoneLine(text) || ParseFreeList(text, list) || ParseNodeLine(text, extra) ||
         ParseHugePages(text);
}

// None where "pages reserved" is right, or a zone's line is missing.
Integer ManagedKb(const MemInfo& counters, std::span<const Zone> zones, int64_t page_size_kb) {
  ManagedOfZones managed(*counters.ram * page_size_kb, *counters.reserved * page_size_kb);
  for (const Zone& zone : zones) {
    if (!IsSize(zone.present_kb) || !IsSize(zone.managed_kb)) return std::nullopt;
    managed.Add(*zone.present_kb, *zone.managed_kb);
  }
  return managed.kb();
}
std::size_t CountKnown(const MemInfo& counters) {
  const std::span<const Field<MemInfo>> fields = MemInfo::Fields();
  return static_cast<std::size_t>(std::count_if(
      fields.begin(), fields.end(),
      [&](const Field<MemInfo>& field) { return (counters.*field.integer).has_value(); }));
}

}  // namespace

bool StartsMemInfo(const LogLine& line) {
  const std::string_view text = line.text;
  if (text.empty()) return false;
  if (IsHeader(text)) return true;
  // Without a prefix only what nothing else looks like.
  if ((text[0] >= '0' && text[0] <= '9') || text[0] == 'F' || text[0] == 'S' || text[0] == 'T') {
    const std::optional<MemTotal> total = ParseMemTotal(text);
    return total &&
           (total->known.ram || (line.prefixed && !line.cut && CountKnown(total->known) > 0));
  }
  if (text[0] >= 'D' && text[0] <= 'N') return StartsNamed(text);
  if (text[0] == 'Z') return ParseZone24(text).has_value();
  // A single "free:12" may stand in anything.
  const std::optional<MemCounters> counters = ParseMemCounters(text);
  return counters && CountKnown(counters->known) > 1;
}

Zone* MemInfoSection::FindZone(const Integer& node, std::string_view name) {
  for (Zone& zone : zones_) {
    if (zone.node == node && *zone.zone == name) return &zone;
  }
  return nullptr;
}

void MemInfoSection::KeepExtra(std::vector<MemInfoExtra> extra, int64_t log_line) {
  for (MemInfoExtra& row : extra) {
    if (extra_.size() >= kMaxExtra) return;
    row.log_line = log_line;
    extra_.push_back(std::move(row));
  }
}

Claim MemInfoSection::OfferHeader() {
  if (header_ || seen_) return Claim::kConflict;
  header_ = true;
  return Claim::kTaken;
}

Claim MemInfoSection::OfferReserve(const LogLine& line) {
  Text reserve = line.cut ? std::nullopt : ParseLowmemReserve(line.text);
  if (!reserve) return Claim::kNone;
  before_2_6_11_ = before_2_6_11_ || line.text.starts_with("protections");
  if (!reserve_next_) return seen_ ? Claim::kTaken : Claim::kNone;  // its zone's line is lost
  zones_.back().lowmem_reserve_pages = std::move(reserve);
  reserve_next_ = false;
  return Claim::kTaken;
}

Claim MemInfoSection::OfferCounters(const LogLine& line) {
  std::optional<MemCounters> read = ParseMemCounters(line.text);
  if (!read) return Claim::kNone;
  if (counters_.Overlaps(read->known)) return Claim::kConflict;
  counters_.Merge(read->known);
  KeepExtra(std::move(read->extra), LineOf(line));
  return Claim::kTaken;
}

Claim MemInfoSection::OfferZone(const LogLine& line) {
  std::vector<MemInfoExtra> extra;
  std::optional<Zone> zone = ParseZoneLine(line.text, &extra);
  if (!zone) return Claim::kNone;
  if (!zone->node) zone->node = node_;
  if (FindZone(zone->node, *zone->zone) != nullptr || zones_.size() >= kMaxZones)
    return Claim::kConflict;
  zone->log_line = LineOf(line);
  zones_.push_back(*std::move(zone));
  reserve_next_ = true;
  KeepExtra(std::move(extra), LineOf(line));
  return Claim::kTaken;
}

Claim MemInfoSection::OfferNode(const LogLine& line) {
  std::vector<MemInfoExtra> extra;
  std::optional<NodeLine> node = ParseNodeLine(line.text, extra);
  if (!node) return Claim::kNone;
  const bool known = std::any_of(nodes_.begin(), nodes_.end(),
                                 [&](const NodeLine& other) { return other.node == node->node; });
  if (known || nodes_.size() >= kMaxZones) return Claim::kConflict;
  node->log_line = LineOf(line);
  nodes_.push_back(*node);
  KeepExtra(std::move(extra), LineOf(line));
  return Claim::kTaken;
}

Claim MemInfoSection::OfferHugePages(const LogLine& line) {
  std::optional<HugePages> row = ParseHugePages(line.text);
  if (!row) return Claim::kNone;
  const bool known =
      std::any_of(huge_pages_.begin(), huge_pages_.end(), [&](const HugePages& other) {
        return other.node == row->node && other.size_kb == row->size_kb;
      });
  if (known || huge_pages_.size() >= kMaxHugePages) return Claim::kConflict;
  row->log_line = LineOf(line);
  huge_pages_.push_back(*row);
  return Claim::kTaken;
}

Claim MemInfoSection::OfferFreeList(const LogLine& line) {
  FreeList list;
  if (!ParseFreeList(line.text, list)) return Claim::kNone;
  if (!list.node) list.node = node_;
  const bool known = std::any_of(lists_.begin(), lists_.end(), [&](const FreeList& other) {
    return other.node == list.node && other.zone == list.zone;
  });
  if (known || lists_.size() >= kMaxZones) return Claim::kConflict;
  if (!list.counts.empty()) list_rows_.push_back(ToRow(list, LineOf(line)));
  lists_.push_back(std::move(list));
  return Claim::kTaken;
}

// "Node 0 DMA per-cpu:" and below it "CPU    0: hi:  186, btch:  31 usd: 168" (until 4.0).
Claim MemInfoSection::OfferPerCpu(std::string_view text) {
  if (Integer pages; ParsePerCpuPages(text, pages)) {
    if (per_cpu_.empty() || !pages) return Claim::kTaken;  // the zone's line is lost
    per_cpu_.back().pages = per_cpu_.back().pages.value_or(0) + *pages;
    return Claim::kTaken;
  }
  std::optional<PerCpuLists> lists = ParsePerCpuHead(text);
  if (!lists) return Claim::kNone;
  const bool known = std::any_of(per_cpu_.begin(), per_cpu_.end(), [&](const PerCpuLists& other) {
    return other.node == lists->node && other.zone == lists->zone;
  });
  if (known || per_cpu_.size() >= kMaxZones) return Claim::kConflict;
  per_cpu_.push_back(*std::move(lists));
  return Claim::kTaken;
}

Claim MemInfoSection::OfferTotal(std::string_view text) {
  const std::optional<MemTotal> total = ParseMemTotal(text);
  if (!total) return Claim::kNone;
  // A line that stands twice in the log is no new block.
  if (!total->repeats && counters_.Contradicts(total->known)) return Claim::kConflict;
  counters_.Merge(total->known);
  return Claim::kTaken;
}

Claim MemInfoSection::OfferNamed(const LogLine& line) {
  Claim claim = OfferZone(line);
  if (claim == Claim::kNone) claim = OfferFreeList(line);
  if (claim == Claim::kNone) claim = OfferPerCpu(line.text);
  if (claim != Claim::kNone) {
    node_.reset();
    return claim;
  }
  if (!line.text.starts_with("Node ")) return Claim::kNone;
  claim = OfferNode(line);
  if (claim == Claim::kNone) claim = OfferHugePages(line);
  if (claim != Claim::kNone || !seen_) return claim;
  // The kernel prints "Node 0 " on its own, and another CPU's line can get in between.
  std::string_view number = line.text;
  ConsumePrefix(number, "Node ");
  node_ = ParseInteger(number);
  return node_ ? Claim::kTaken : Claim::kNone;
}

Claim MemInfoSection::OfferWhole(const LogLine& line) {
  const std::string_view text = line.text;
  const char first = text[0];
  if (IsHeader(text)) return OfferHeader();
  if (const Claim old = Offer24(line); old != Claim::kNone) return old;
  if (first >= '0' && first <= '9') return OfferTotal(text);
  if (text.starts_with("lowmem_reserve") || text.starts_with("protections"))
    return OfferReserve(line);
  Claim claim = Claim::kNone;
  if ((first >= 'a' && first <= 'z') || first == 'A') claim = OfferCounters(line);
  if (claim == Claim::kNone && (first == 'c' || first == 'C')) claim = OfferPerCpu(text);
  if (first == 'D' || first == 'H' || first == 'M' || first == 'N') claim = OfferNamed(line);
  if (first == 'F' || first == 'S' || first == 'T') claim = OfferTotal(text);
  return claim;
}

Claim MemInfoSection::Offer(const LogLine& line) {
  if (line.text.empty()) return Claim::kNone;
  const Claim claim = OfferWhole(line);
  seen_ |= claim == Claim::kTaken;
  return claim;
}

void MemInfoSection::NoteMissingZones(Damage& damage) const {
  if (is_2_4_) {
    NoteMissingZones24(damage);
    return;
  }
  damage.AddIf(zones_.empty(), "no zone lines");
  damage.AddIf(zones_.size() != lists_.size(),
               fmt::format("{} {}, but free lists of {}", zones_.size(),
                           zones_.size() == 1 ? "zone" : "zones", lists_.size()));
  for (const Zone& zone : zones_) {
    const std::string name =
        zone.node ? fmt::format("node {} {}", *zone.node, *zone.zone) : *zone.zone;
    damage.AddIf(!zone.lowmem_reserve_pages, fmt::format("{}: no lowmem_reserve line", name));
    // Its last field was "present" then.
    const bool whole = IsWhole(zone) || (before_2_6_11_ && zone.present_kb);
    damage.AddIf(!whole, fmt::format("{}: the zone's line is cut", name));
    damage.AddIf(zone.torn, fmt::format("{}: a figure of its line is torn", name));
  }
  for (const FreeList& list : lists_)
    damage.AddIf(!IsWhole(list), fmt::format("{}: the free list has no total", list.zone));
}

void MemInfoSection::NoteMissing(Damage& damage, bool alone) const {
  damage.AddIf(!header_ && !alone, "no Mem-Info line");
  damage.AddIf(!counters_.free, "no counters");
  NoteMissingZones(damage);
  const bool per_node = std::any_of(zones_.begin(), zones_.end(), IsOfNodes);
  damage.AddIf(per_node && nodes_.empty(), "no node lines");
  for (const NodeLine& node : nodes_) {
    damage.AddIf(!node.all_unreclaimable, fmt::format("node {}: its line is cut", *node.node));
    damage.AddIf(node.torn, fmt::format("node {}: a figure of its line is torn", *node.node));
  }
  // show_free_areas() alone, which the OOM killer called until 2.6.11, prints none.
  damage.AddIf(!alone && !counters_.ram && !counters_.reserved,
               "no count of RAM or reserved pages");
  damage.AddIf(!alone && !counters_.ram && counters_.reserved, "no count of RAM pages");
  damage.AddIf(!alone && counters_.ram && !counters_.reserved, "no count of reserved pages");
  // What ends the block: "pages shared" and "pages swap cached" until 2.6.27, whose counters have
  // one sum of active pages (show_mem() of each architecture); "pages shared" and "pages
  // non-shared" until 3.12 (lib/show_mem.c), while "managed" is new in 3.8.
  const bool by_zone =
      is_2_4_ || before_2_6_11_ || (!zones_.empty() && zones_.front().all_unreclaimable);
  const bool old = !zones_.empty() && by_zone && !zones_.front().managed_kb && !alone;
  damage.AddIf(old && counters_.active && !(counters_.shared && counters_.swap_cache),
               "no count of shared or swap cached pages");
  damage.AddIf(old && !counters_.active && !counters_.non_shared, "no count of non-shared pages");
}

void MemInfoSection::SetPageSize(EventRecord& event) const {
  const std::vector<FreeListRow>& rows = list_rows_.empty() ? unnamed_ : list_rows_;
  if (rows.empty()) return;
  event.page_size_kb = rows[0].block_kb;
  event.page_size_from = "free_list";
}

Integer MemInfoSection::RamKb(const Integer& page_size_kb) const {
  if (!counters_.ram || !counters_.reserved || !page_size_kb) return std::nullopt;
  if (const Integer managed_kb = ManagedKb(counters_, zones_, *page_size_kb)) return managed_kb;
  return (*counters_.ram - *counters_.reserved) * *page_size_kb;
}

// totalram_pages + total_swap_pages.
ScoreBase MemInfoSection::score_base(const Integer& page_size_kb) const {
  ScoreBase base;
  const bool sane = IsSize(counters_.ram) && IsSize(counters_.reserved);
  const Integer ram_kb = sane ? RamKb(page_size_kb) : std::nullopt;
  if (!IsSize(ram_kb) || (counters_.total_swap_kb && !IsSize(counters_.total_swap_kb))) return base;
  base.least_pages = (*ram_kb + counters_.total_swap_kb.value_or(0)) / *page_size_kb;
  if (counters_.total_swap_kb) base.most_pages = base.least_pages;
  return base;
}

void MemInfoSection::AddTo(EventRecord& event) {
  if (!seen_) return;
  ConvertPages(event.page_size_kb);
  NameLists();
  for (const FreeList& list : lists_) {
    if (Zone* zone = FindZone(list.node, list.zone)) zone->free_list_kb = list.total_kb;
  }
  for (const PerCpuLists& lists : per_cpu_) {
    if (Zone* zone = FindZone(lists.node, lists.zone)) zone->pcp_pages = lists.pages;
  }
  event.ram_kb = RamKb(event.page_size_kb);
  event.rows.push_back(std::make_unique<RowsOf<MemInfo>>(std::vector<MemInfo>{counters_}));
  AddRows(event, std::move(extra_));
  AddRows(event, std::move(nodes_));
  AddRows(event, std::move(zones_));
  AddRows(event, std::move(list_rows_));
  AddRows(event, std::move(huge_pages_));
}

// A Mem-Info block on its own: asked for by SysRq-m, or all that is left of a report.
RecordKind MemInfoKind() {
  return {.name = "mem_info",
          .openers = {{"Mem-Info:", StartsMemInfo, true},
                      {"Mem-info:", StartsMemInfo, true},
                      {"active_anon:", StartsMemInfo, true},
                      {" inactive:", StartsMemInfo, true},  // until 2.6.27
                      {"unevictable:", StartsMemInfo, true},
                      {"slab_unreclaimable:", StartsMemInfo, true},
                      {" free:", StartsMemInfo, true},
                      {" freepages:", StartsMemInfo, true},  // 2.4
                      {"*4kB", StartsMemInfo, true},
                      {"*64kB", StartsMemInfo, true},  // pages of 8, 16 or 64 KiB
                      {" hugepages_total=", StartsMemInfo, true},
                      {" pages RAM", StartsMemInfo, true},
                      {"pagetables:", StartsMemInfo, true},
                      {"active_file:", StartsMemInfo, true},
                      {" total pagecache pages", StartsMemInfo, true},
                      {"pages in swap cache", StartsMemInfo, true},
                      {"Swap cache stats: ", StartsMemInfo, true},
                      {" swap  = ", StartsMemInfo, true},
                      {"Total swap = ", StartsMemInfo, true}},
          .open = NewOomBlock,
          .max_foreign_lines = 200};
}

}  // namespace kautopsy
