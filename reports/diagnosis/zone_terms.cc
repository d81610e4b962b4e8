#include "reports/diagnosis/zone_terms.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "reports/diagnosis/missing_zones.h"
#include "reports/diagnosis/watermark.h"

namespace kautopsy {
namespace {

constexpr std::string_view kZones[] = {"DMA", "DMA32", "Normal", "HighMem", "Movable"};
constexpr int kNotGivenOut = 99;

bool HasZone(const std::vector<ZoneFacts>& zones, std::string_view name) {
  return std::any_of(zones.begin(), zones.end(),
                     [&](const ZoneFacts& zone) { return zone.zone == name; });
}

// The highest zone that is printed and that the request may use; -1 if there is none.
int TopRank(const std::vector<ZoneFacts>& zones, HighestZone highest) {
  int top = -1;
  for (const ZoneFacts& zone : zones) {
    const int rank = RankOf(zone.zone);
    if (rank <= RankOf(highest)) top = std::max(top, rank);
  }
  return top;
}

// By the number of zone types below, where the lines do not tell it: kernels build in only those
// that they need.
std::size_t UsualColumn(std::size_t columns, HighestZone highest,
                        const std::vector<ZoneFacts>& zones) {
  constexpr std::size_t kColumnsWithDma = 4;  // DMA, DMA32 or HighMem, Normal, Movable
  const std::size_t dma = HasZone(zones, "DMA") ? 1 : 0;
  if (highest == HighestZone::kDma) return 0;
  if (highest == HighestZone::kDma32) return dma == 1 || columns >= kColumnsWithDma ? 1 : 0;
  if (highest == HighestZone::kNormal && HasZone(zones, "HighMem"))
    return dma + (HasZone(zones, "DMA32") ? 1 : 0);
  return columns - 1;
}

// The column of lowmem_reserve[] that holds for the request. A zone keeps nothing back from itself,
// nor from types above it that have no memory: the last zero of the top zone's own line stands
// before the first type that the request may not use (mm/page_alloc.c,
// setup_per_zone_lowmem_reserve()). There is one column per type that the kernel is built with,
// also for those without memory, whose lines are not printed (show_free_areas()).
std::optional<std::size_t> ReserveColumn(const std::vector<ZoneFacts>& zones, HighestZone highest) {
  const int top = TopRank(zones, highest);
  std::size_t columns = 0;
  std::optional<std::size_t> column;
  bool has_line = false;
  bool zone_above = false;
  for (const ZoneFacts& zone : zones) {
    const int rank = RankOf(zone.zone);
    const std::vector<int64_t>& line = zone.lowmem_reserve_pages;
    columns = std::max(columns, line.size());
    zone_above = zone_above || (rank > top && rank != kNotGivenOut);
    if (rank != top || line.empty()) continue;
    has_line = true;
    const auto kept =
        std::find_if(line.begin(), line.end(), [](int64_t pages) { return pages != 0; });
    if (kept == line.end() || kept == line.begin()) continue;
    const auto before = static_cast<std::size_t>(kept - line.begin()) - 1;
    column = std::min(column.value_or(before), before);
  }
  if (columns == 0) return std::nullopt;
  if (column) return column;
  return has_line && !zone_above ? columns - 1 : UsualColumn(columns, highest, zones);
}

// The smallest share of a zone that its min mark is; none unless several zones tell it.
std::optional<double> LeastMarkShare(const std::vector<ZoneFacts>& zones) {
  double least = 1;
  int known = 0;
  for (const ZoneFacts& zone : zones) {
    const bool ordinary = RankOf(zone.zone) <= RankOf("Normal");
    if (!ordinary || zone.managed_kb.value_or(0) <= 0 || zone.min_kb.value_or(0) <= 0) continue;
    ++known;
    least =
        std::min(least, static_cast<double>(*zone.min_kb) / static_cast<double>(*zone.managed_kb));
  }
  return known > 1 ? std::optional(least) : std::nullopt;
}

// Pages in pieces whose letters fit.
template <typename Fits>
int64_t PagesOf(const ZoneFacts& zone, Fits fits) {
  int64_t pages = 0;
  for (const FreeCell& cell : zone.cells) {
    if (cell.migrate_types && fits(*cell.migrate_types)) pages += cell.count << cell.order;
  }
  return pages;
}

// What may be CMA of the list: pieces of several types share a cell.
int64_t CmaPagesAtMost(const ZoneFacts& zone) {
  return PagesOf(zone,
                 [](const std::string& types) { return types.find('C') != std::string::npos; });
}

int64_t AtomicAlone(const ZoneFacts& zone) {
  return PagesOf(zone, [](const std::string& types) { return types == "H"; });
}

// Of kernels that do not print the reserve (4.4 to 5.4, EL8): what is free of it at least, and the
// most that it may be: a hundredth of the zone and a block more (mm/page_alloc.c,
// reserve_highatomic_pageblock()), which is no larger than the largest piece. A reserve without a
// free page leaves no trace; direct reclaim gives it back before a request fails
// (unreserve_highatomic_pageblock()), so none is assumed.
Bounds UnprintedAtomic(const ZoneFacts& zone, int64_t page_kb) {
  constexpr int64_t kShare = 100;
  const int64_t alone = AtomicAlone(zone);
  if (alone == 0) return {};
  const int64_t zone_pages = zone.managed_kb.value_or(0) / page_kb;
  const int64_t largest_piece = int64_t{1} << zone.cells.back().order;
  return {alone, std::max(alone, zone_pages / kShare + largest_piece)};
}

// Whether the kernel lets single atomic pages off the boost: since 5.9 (f80b08fc4453), and
// in 5.4.80; distributions' 5.4 may have it.
std::optional<bool> SparesBoost(const KernelVersion& kernel) {
  constexpr int kPatch54 = 80;
  if (!kernel.known() || kernel.AtLeast(5, 9)) return true;
  if (!kernel.AtLeast(5, 4) || !kernel.Below(5, 5)) return false;
  if (kernel.patch == 0) return std::nullopt;
  return kernel.patch >= kPatch54;
}

}  // namespace

int RankOf(std::string_view zone) {
  const auto* const found = std::find(std::begin(kZones), std::end(kZones), zone);
  return found == std::end(kZones) ? kNotGivenOut : static_cast<int>(found - std::begin(kZones));
}

int RankOf(HighestZone highest) { return static_cast<int>(highest); }

// mm/page_alloc.c, boost_watermark(), since 5.0; printed since 5.16. All marks hold it
// (include/linux/mmzone.h, wmark_pages()), so low is above min by a quarter of the plain min, in
// pages, or by watermark_scale_factor of the zone if that is more (__setup_per_zone_wmarks()).
Integer BoostKb(const ZoneFacts& zone, const KernelVersion& kernel) {
  constexpr int64_t kScaleShare = 1000;  // watermark_scale_factor, 10 in 10,000 by default
  constexpr int64_t kRoundedKb = 16;     // four pages: the quarter is a whole number of them
  if (zone.boost_kb) return zone.boost_kb;
  if (!kernel.AtLeast(5, 0) || !kernel.Below(5, 16) || zone.min_kb == 0) return 0;
  if (!zone.min_kb || !zone.low_kb || !zone.managed_kb) return std::nullopt;
  const int64_t step_kb = *zone.low_kb - *zone.min_kb;
  if (step_kb <= *zone.managed_kb / kScaleShare) return std::nullopt;
  const int64_t boost_kb = *zone.min_kb - 4 * step_kb;
  return boost_kb > kRoundedKb ? boost_kb : 0;
}

Integer CountedCmaPages(const EventFacts& event, const ZoneFacts& zone) {
  if (zone.free_cma_kb) return *zone.free_cma_kb / event.page_kb();
  if (!event.mem || !event.mem->free_cma_pages) return std::nullopt;
  const auto holds_some = [](const ZoneFacts& other) { return CmaPagesAtMost(other) > 0; };
  const auto holders = std::count_if(event.zones.begin(), event.zones.end(), holds_some);
  if (holders != 1 || !holds_some(zone)) return std::nullopt;
  // The list is of a later moment than the counter.
  return std::min(*event.mem->free_cma_pages, CmaPagesAtMost(zone));
}

int64_t FreeAtomicPages(const EventFacts& event, const ZoneFacts& zone) {
  return zone.free_highatomic_kb ? *zone.free_highatomic_kb / event.page_kb() : AtomicAlone(zone);
}

ZoneTerms::ZoneTerms(const EventFacts& event, const PieceRequest& request,
                     const KernelVersion& kernel)
    : event_(&event),
      kernel_(kernel),
      rule_(RuleOf(kernel, event)),
      rights_(RightsOf(request, rule_)),
      movable_(request.gfp.movable),
      single_(request.order == 0),
      lacks_zones_(LacksZones(event, request, kernel)),
      page_kb_(event.page_kb()),
      reserve_column_(ReserveColumn(event.zones, request.gfp.highest)),
      least_mark_share_(LeastMarkShare(event.zones)) {
  if (single_ && KeepsAtomicFromPages(kernel)) rights_.atomic_blocks = false;
}

Integer ZoneTerms::Reserve(const ZoneFacts& zone) const {
  // A line with fewer columns than others was cut.
  if (!reserve_column_ || *reserve_column_ >= zone.lowmem_reserve_pages.size()) return std::nullopt;
  return rights_.ignores_marks ? 0 : zone.lowmem_reserve_pages[*reserve_column_];
}

int64_t ZoneTerms::Cma(const ZoneFacts& zone) const {
  if (rule_ < WatermarkRule::k34 || movable_) return 0;
  if (const Integer counted = CountedCmaPages(*event_, zone)) return *counted;
  return PagesOf(zone, [](const std::string& types) { return types == "C"; });
}

// Until 3.9 CMA stayed subtracted (mm/page_alloc.c, __zone_watermark_ok() of 3.7); 026b08147923
// of June 2013 ("fix watermark check in __zone_watermark_ok()", in 3.10) subtracts it "only for a
// purpose of (free_pages <= min + lowmem_reserve) check", as the loop takes it off once more.
bool ZoneTerms::CmaReturns() const {
  return rule_ == WatermarkRule::k34 && (!kernel_.known() || kernel_.AtLeast(3, 10));
}

Bounds ZoneTerms::Atomic(const ZoneFacts& zone) const {
  if (rule_ < WatermarkRule::k44 || !rights_.spares_atomic || rights_.ignores_marks) return {};
  // 4.7 to 5.8 do not ask for a single page (zone_watermark_fast(), 48ee5f3696f6 to f27ce0e14088):
  // then only the pieces decide.
  if (single_ && !rights_.high && kernel_.AtLeast(4, 7) && kernel_.Below(5, 9)) return {};
  if (!zone.reserved_highatomic_kb) return UnprintedAtomic(zone, page_kb_);
  const int64_t reserved = *zone.reserved_highatomic_kb / page_kb_;
  if (zone.free_highatomic_kb) {
    const int64_t free = *zone.free_highatomic_kb / page_kb_;
    return {free, free};
  }
  // c928807f6f6b ("mm/page_alloc: keep track of free highatomic"), 6.12; printed since 6.16.
  if (!kernel_.AtLeast(6, 12)) return {reserved, reserved};
  if (zone.cells.empty() || ListIsCut(zone)) return {0, reserved};
  const int64_t alone = AtomicAlone(zone);
  const int64_t mixed =
      PagesOf(zone, [](const std::string& types) { return types.find('H') != std::string::npos; });
  return {std::min(alone, reserved), std::min(mixed, reserved)};
}

// Marks are shared out by the zones' sizes (mm/page_alloc.c, __setup_per_zone_wmarks()), so the
// zone with the smallest share has the smallest boost, most often none.
int64_t ZoneTerms::LeastMark(const ZoneFacts& zone) const {
  constexpr double kRounding = 0.95;
  if (!least_mark_share_ || !zone.managed_kb) return 0;
  const double kb = kRounding * *least_mark_share_ * static_cast<double>(*zone.managed_kb);
  return std::min(static_cast<int64_t>(kb), *zone.min_kb) / page_kb_;
}

Bounds ZoneTerms::Mark(const ZoneFacts& zone) const {
  if (rights_.ignores_marks) return {};
  const int64_t printed = *zone.min_kb / page_kb_;
  Bounds marks = {printed, printed};
  const std::optional<bool> spares = SparesBoost(kernel_);
  if (rights_.ignores_boost && spares != false) {
    // min_wmark_pages() holds the boost (include/linux/mmzone.h); a6ea8b5b9f1c prints it.
    if (zone.boost_kb)
      marks.least = std::max<int64_t>(0, *zone.min_kb - *zone.boost_kb) / page_kb_;
    else if (kernel_.AtLeast(5, 0) && kernel_.Below(5, 16))
      marks.least = LeastMark(zone);
    if (zone.boost_kb && spares == true) marks.most = marks.least;
  }
  return {MarkFor(marks.least, rights_), MarkFor(marks.most, rights_)};
}

std::vector<MarkDiscount> ZoneTerms::Discounts(const ZoneFacts& zone, int64_t mark_pages) const {
  const int64_t printed = *zone.min_kb / page_kb_;
  if (rights_.ignores_marks || MarkFor(printed, rights_) == mark_pages)
    return DiscountsFor(printed, rights_);
  const int64_t plain = std::max<int64_t>(0, *zone.min_kb - zone.boost_kb.value_or(0)) / page_kb_;
  std::vector<MarkDiscount> discounts = DiscountsFor(plain, rights_);
  discounts.insert(discounts.begin(), {"boost", printed - plain});
  return discounts;
}

}  // namespace kautopsy
