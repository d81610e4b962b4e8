#include "parsers/kernel/mem_info.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/oom.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxZones = 4096;  // 1024 nodes (CONFIG_NODES_SHIFT) of 4 zones

using F = Field<MemInfo>;
// Counters carry the kernel's word as key; totals are told by the words behind their number.
constexpr std::array kFields = {
    F("active_anon_pages", &MemInfo::active_anon, "active_anon"),
    F("inactive_anon_pages", &MemInfo::inactive_anon, "inactive_anon"),
    F("isolated_anon_pages", &MemInfo::isolated_anon, "isolated_anon"),
    F("active_file_pages", &MemInfo::active_file, "active_file"),
    F("inactive_file_pages", &MemInfo::inactive_file, "inactive_file"),
    F("isolated_file_pages", &MemInfo::isolated_file, "isolated_file"),
    F("unevictable_pages", &MemInfo::unevictable, "unevictable"),
    F("dirty_pages", &MemInfo::dirty, "dirty"),
    F("writeback_pages", &MemInfo::writeback, "writeback"),
    F("unstable_pages", &MemInfo::unstable, "unstable"),
    F("slab_reclaimable_pages", &MemInfo::slab_reclaimable, "slab_reclaimable"),
    F("slab_unreclaimable_pages", &MemInfo::slab_unreclaimable, "slab_unreclaimable"),
    F("slab_pages", &MemInfo::slab, "slab"),
    F("active_pages", &MemInfo::active, "active"),
    F("inactive_pages", &MemInfo::inactive, "inactive"),
    F("mapped_pages", &MemInfo::mapped, "mapped"),
    F("mapped_file_pages", &MemInfo::mapped_file, "mapped-file"),
    F("mapped_anon_pages", &MemInfo::mapped_anon, "mapped-anon"),
    F("shmem_pages", &MemInfo::shmem, "shmem"),
    F("pagetables_pages", &MemInfo::pagetables, "pagetables"),
    F("sec_pagetables_pages", &MemInfo::sec_pagetables, "sec_pagetables"),
    F("bounce_pages", &MemInfo::bounce, "bounce"),
    F("kernel_misc_reclaimable_pages", &MemInfo::kernel_misc_reclaimable,
      "kernel_misc_reclaimable"),
    F("free_pages", &MemInfo::free, "free"),
    F("free_pcp_pages", &MemInfo::free_pcp, "free_pcp"),
    F("free_cma_pages", &MemInfo::free_cma, "free_cma"),
    F("pagecache_pages", &MemInfo::pagecache),
    F("swap_cache_pages", &MemInfo::swap_cache),
    F("swap_cache_add", &MemInfo::swap_cache_add),
    F("swap_cache_delete", &MemInfo::swap_cache_delete),
    F("swap_cache_find_ok", &MemInfo::swap_cache_find_ok),
    F("swap_cache_find_all", &MemInfo::swap_cache_find_all),
    F("free_swap_kb", &MemInfo::free_swap_kb),
    F("total_swap_kb", &MemInfo::total_swap_kb),
    F("ram_pages", &MemInfo::ram),
    F("highmem_pages", &MemInfo::highmem),
    F("reserved_pages", &MemInfo::reserved),
    F("shared_pages", &MemInfo::shared),
    F("nonshared_pages", &MemInfo::non_shared),
    F("cma_reserved_pages", &MemInfo::cma_reserved),
    F("hwpoisoned_pages", &MemInfo::hwpoisoned)};

// "49429 total pagecache pages": what follows the number (lib/show_mem.c; mm/page_alloc.c). A null
// member: printed by some versions, not kept.
constexpr std::array<std::pair<std::string_view, Integer MemInfo::*>, 11> kTotals = {
    {{" total pagecache pages", &MemInfo::pagecache},
     {" pages in swap cache", &MemInfo::swap_cache},
     {" pages RAM", &MemInfo::ram},
     {" pages HighMem/MovableOnly", &MemInfo::highmem},
     {" pages HighMem", &MemInfo::highmem},
     {" pages reserved", &MemInfo::reserved},
     {" pages shared", &MemInfo::shared},
     {" pages non-shared", &MemInfo::non_shared},
     {" pages cma reserved", &MemInfo::cma_reserved},
     {" pages hwpoisoned", &MemInfo::hwpoisoned},
     {" pages in pagetable cache", nullptr}}};

// The counters that begin the lines of the block, in all versions' order.
constexpr std::array<std::string_view, 8> kLineHeads = {
    "active_anon:",      "active_file:", "unevictable:",    "free:",
    "slab_reclaimable:", "mapped:",      "sec_pagetables:", "kernel_misc_reclaimable:"};

bool IsCounterLine(std::string_view text) {
  if (text.empty() || text[0] < 'a' || text[0] > 'z') return false;
  return std::any_of(kLineHeads.begin(), kLineHeads.end(),
                     [&](std::string_view head) { return text.starts_with(head); });
}

bool SameZone(const Integer& node, std::string_view name, const Integer& other_node,
              std::string_view other_name) {
  return node == other_node && name == other_name;
}

}  // namespace

std::span<const Field<MemInfo>> MemInfo::Fields() { return kFields; }

bool StartsMemInfo(const LogLine& line) {
  if (line.text.starts_with("Mem-Info:") || IsCounterLine(line.text)) return true;
  FreeListLine list;
  return ParseZoneLine(line.text) || ParseFreeListLine(line.text, 0, list);
}

Zone* MemInfoSection::FindZone(const Integer& node, std::string_view name) {
  for (Zone& zone : zones_) {
    if (SameZone(zone.node, *zone.zone, node, name)) return &zone;
  }
  return nullptr;
}

Claim MemInfoSection::Store(Integer MemInfo::*field, const Integer& value) {
  if (field == nullptr) return Claim::kTaken;
  if (counters_.*field) return Claim::kConflict;
  counters_.*field = value;
  return Claim::kTaken;
}

// "active_anon:79945387 inactive_anon:3660742 isolated_anon:0", pages.
Claim MemInfoSection::OfferCounters(std::string_view text) {
  MemInfo read;
  std::size_t hint = 0;
  bool any = false;
  for (text = TrimBlanks(text); !text.empty(); text = TrimBlanks(text)) {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) break;
    const std::string_view key = text.substr(0, colon);
    text.remove_prefix(colon + 1);
    const Integer value = ConsumeInteger(text);
    if (!value || (!text.empty() && text[0] != ' ')) break;
    any = SetByKey<MemInfo>(read, kFields, key, *value, hint) || any;
  }
  if (!any) return Claim::kNone;
  const auto told_twice = [&](const F& field) {
    return read.*field.integer && counters_.*field.integer;
  };
  if (std::any_of(kFields.begin(), kFields.end(), told_twice)) return Claim::kConflict;
  for (const F& field : kFields) {
    if (read.*field.integer) counters_.*field.integer = read.*field.integer;
  }
  return Claim::kTaken;
}

Claim MemInfoSection::OfferZone(const LogLine& line) {
  std::optional<Zone> zone = ParseZoneLine(line.text);
  if (!zone) return Claim::kNone;
  if (FindZone(zone->node, *zone->zone) != nullptr || zones_.size() >= kMaxZones)
    return Claim::kConflict;
  zone->log_line = static_cast<int64_t>(line.place.line);
  zones_.push_back(*std::move(zone));
  reserve_for_ = &zones_.back();
  return Claim::kTaken;
}

Claim MemInfoSection::OfferFreeList(const LogLine& line) {
  FreeListLine list;
  if (!ParseFreeListLine(line.text, static_cast<int64_t>(line.place.line), list))
    return Claim::kNone;
  const bool known = std::any_of(lists_.begin(), lists_.end(), [&](const FreeListLine& other) {
    return SameZone(other.node, other.zone, list.node, list.zone);
  });
  if (known || lists_.size() >= kMaxZones) return Claim::kConflict;
  for (FreeListCell& cell : list.cells) cells_.push_back(std::move(cell));
  list.cells.clear();
  lists_.push_back(std::move(list));
  return Claim::kTaken;
}

// "Node 0 DMA per-cpu:" and below it "CPU    0: hi:  186, btch:  31 usd: 168" (until 4.0).
Claim MemInfoSection::OfferPerCpu(std::string_view text) {
  if (text.starts_with("CPU ")) {
    static const LogPattern kPattern(R"(CPU +\d+: (?:Hot: )?hi: *\d+, btch: *\d+ usd: *(\d+).*)");
    const auto groups = MatchAll<1>(text, kPattern);
    if (!groups) return Claim::kNone;
    if (per_cpu_.empty()) return Claim::kTaken;  // the line that names the zone is lost
    per_cpu_.back().pages += ParseInteger((*groups)[0]).value_or(0);
    return Claim::kTaken;
  }
  PerCpu list;
  list.node = ConsumeNode(text);
  list.zone = ConsumeZoneName(text);
  if (list.zone.empty() || !text.starts_with(" per-cpu:")) return Claim::kNone;
  const bool known = std::any_of(per_cpu_.begin(), per_cpu_.end(), [&](const PerCpu& other) {
    return SameZone(other.node, other.zone, list.node, list.zone);
  });
  if (known) return Claim::kConflict;
  per_cpu_.push_back(std::move(list));
  return Claim::kTaken;
}

Claim MemInfoSection::OfferTotal(std::string_view text) {
  const std::string_view whole = text;
  if (const Integer number = ConsumeInteger(text)) {
    for (const auto& [words, field] : kTotals) {
      if (text == words) return Store(field, number);
    }
    return Claim::kNone;
  }
  static const LogPattern kSwap(R"((Free|Total) swap *(?:=|:) *(\d+)kB)");
  static const LogPattern kCache(R"(Swap cache stats: add (\d+), delete (\d+), find (\d+)/(\d+))");
  if (const auto groups = MatchAll<2>(whole, kSwap)) {
    const auto& [which, size] = *groups;
    return Store(which == "Free" ? &MemInfo::free_swap_kb : &MemInfo::total_swap_kb,
                 ParseInteger(size));
  }
  const auto groups = MatchAll<4>(whole, kCache);
  if (!groups) return Claim::kNone;
  const auto& [added, deleted, found, looked_up] = *groups;
  if (Store(&MemInfo::swap_cache_add, ParseInteger(added)) == Claim::kConflict)
    return Claim::kConflict;
  counters_.swap_cache_delete = ParseInteger(deleted);
  counters_.swap_cache_find_ok = ParseInteger(found);
  counters_.swap_cache_find_all = ParseInteger(looked_up);
  return Claim::kTaken;
}

Claim MemInfoSection::Offer(const LogLine& line) {
  const std::string_view text = line.text;
  if (text.empty()) return Claim::kNone;
  Claim claim = Claim::kNone;
  if (text == "Mem-Info:" || text == "Mem-info:") {
    claim = header_ || seen_ ? Claim::kConflict : Claim::kTaken;
    header_ = true;
  } else if (Text reserve = line.cut ? std::nullopt : ParseLowmemReserve(text)) {
    if (reserve_for_ == nullptr)
      return seen_ ? Claim::kTaken : Claim::kNone;  // its zone's line is lost
    reserve_for_->lowmem_reserve_pages = std::move(reserve);
    reserve_for_ = nullptr;
    claim = Claim::kTaken;
  } else if (IsCounterLine(text)) {
    claim = OfferCounters(text);
  } else if (text.starts_with("Node ") || (text[0] >= 'A' && text[0] <= 'N')) {
    claim = OfferZone(line);
    if (claim == Claim::kNone) claim = OfferFreeList(line);
    if (claim == Claim::kNone) claim = OfferPerCpu(text);
  }
  if (claim == Claim::kNone) claim = OfferTotal(text);
  seen_ = seen_ || claim == Claim::kTaken;
  return claim;
}

void MemInfoSection::NoteMissing(Damage& damage) const {
  damage.AddIf(!header_, "no Mem-Info line");
  damage.AddIf(!counters_.free, "no counters");
  damage.AddIf(zones_.empty(), "no zone lines");
  damage.AddIf(zones_.size() != lists_.size(),
               fmt::format("{} zones, but free lists of {}", zones_.size(), lists_.size()));
  for (const Zone& zone : zones_) {
    const std::string name =
        zone.node ? fmt::format("node {} {}", *zone.node, *zone.zone) : *zone.zone;
    damage.AddIf(!zone.lowmem_reserve_pages, fmt::format("{}: no lowmem_reserve line", name));
    damage.AddIf(!zone.high_kb || (!zone.all_unreclaimable && !zone.free_cma_kb),
                 fmt::format("{}: the zone's line is cut", name));
  }
  for (const FreeListLine& list : lists_)
    damage.AddIf(!list.total_kb, fmt::format("{}: the free list has no total", list.zone));
  damage.AddIf(!counters_.ram || !counters_.reserved, "no count of RAM or reserved pages");
  // "pages shared" and "pages non-shared" end the block until 3.12 (lib/show_mem.c), "managed" is
  // new in 3.8.
  const bool old = !zones_.empty() && !zones_.front().managed_kb;
  damage.AddIf(old && !counters_.non_shared, "no count of non-shared pages");
}

void MemInfoSection::SetPageSize(EventRecord& event) const {
  if (cells_.empty() || cells_[0].order != 0) return;
  event.page_size_kb = cells_[0].block_kb;
  event.page_size_from = "free_list";
}

Integer MemInfoSection::RamKb(const Integer& page_size_kb) const {
  if (!counters_.ram || !counters_.reserved || !page_size_kb) return std::nullopt;
  return (*counters_.ram - *counters_.reserved) * *page_size_kb;
}

void MemInfoSection::AddTo(EventRecord& event) {
  if (!seen_) return;
  for (const FreeListLine& list : lists_) {
    if (Zone* zone = FindZone(list.node, list.zone)) zone->free_list_kb = list.total_kb;
  }
  for (const PerCpu& list : per_cpu_) {
    if (Zone* zone = FindZone(list.node, list.zone)) zone->pcp_pages = list.pages;
  }
  event.ram_kb = RamKb(event.page_size_kb);
  event.rows.push_back(std::make_unique<RowsOf<MemInfo>>(std::vector<MemInfo>{counters_}));
  if (!zones_.empty()) event.rows.push_back(std::make_unique<RowsOf<Zone>>(std::move(zones_)));
  if (!cells_.empty())
    event.rows.push_back(std::make_unique<RowsOf<FreeListCell>>(std::move(cells_)));
}

// A Mem-Info block on its own: asked for by SysRq-m, or all that is left of a report.
RecordKind MemInfoKind() {
  return {.name = "mem_info",
          .openers = {{"Mem-Info:", StartsMemInfo, true},
                      {"active_anon:", StartsMemInfo, true},
                      {"unevictable:", StartsMemInfo, true},
                      {"slab_unreclaimable:", StartsMemInfo, true},
                      {" free:", StartsMemInfo, true},
                      {"*4kB", StartsMemInfo, true}},
          .open = NewOomBlock,
          .max_foreign_lines = 200};
}

}  // namespace kautopsy
