#include "reports/diagnosis/watermark.h"

#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/piece_index.h"

namespace kautopsy {
namespace {

// mm/page_alloc.c of EL6 -431 halves the mark only below pageblock_order / 4; 2 MiB pageblocks of
// 4 KiB pages have order 9.
constexpr int kEl6HalvedBelowOrder = 9 / 4;

// Order of zone types, lowest first (include/linux/mmzone.h, enum zone_type). Device memory is
// never given out by the page allocator.
int RankOf(std::string_view zone) {
  constexpr std::string_view kZones[] = {"DMA", "DMA32", "Normal", "HighMem", "Movable"};
  const auto* const found = std::find(std::begin(kZones), std::end(kZones), zone);
  return found == std::end(kZones) ? 99 : static_cast<int>(found - std::begin(kZones));
}

int RankOf(HighestZone highest) { return static_cast<int>(highest); }

bool HasZone(const std::vector<ZoneFacts>& zones, std::string_view name) {
  return std::any_of(zones.begin(), zones.end(),
                     [&](const ZoneFacts& zone) { return zone.zone == name; });
}

// The column of zone Normal where a zone above it holds memory: a zone keeps nothing back from
// itself and those below it, so it is the last zero of Normal's own line.
std::optional<std::size_t> NormalColumn(const std::vector<ZoneFacts>& zones) {
  for (const ZoneFacts& zone : zones) {
    if (zone.zone != "Normal") continue;
    const std::vector<int64_t>& reserve = zone.lowmem_reserve_pages;
    const auto above =
        std::find_if(reserve.begin(), reserve.end(), [](int64_t pages) { return pages != 0; });
    if (above == reserve.end() || above == reserve.begin()) continue;
    return static_cast<std::size_t>(above - reserve.begin()) - 1;
  }
  return std::nullopt;
}

// The column of lowmem_reserve[] that holds for the request: the index of the highest zone it may
// use. The array has one column per zone type of the kernel's configuration, which is not printed:
// with HighMem it is [DMA,] Normal, HighMem, Movable; else the last column equals Normal's unless a
// zone above it holds memory.
Integer ReserveFor(const ZoneFacts& zone, HighestZone highest,
                   const std::vector<ZoneFacts>& zones) {
  const std::vector<int64_t>& reserve = zone.lowmem_reserve_pages;
  if (reserve.empty()) return std::nullopt;
  const bool has_dma = HasZone(zones, "DMA");
  std::size_t column = reserve.size() - 1;
  if (highest == HighestZone::kDma) column = 0;
  if (highest == HighestZone::kDma32) column = has_dma || reserve.size() >= 4 ? 1 : 0;
  if (highest == HighestZone::kNormal && HasZone(zones, "HighMem")) {
    column = (has_dma ? 1 : 0) + (HasZone(zones, "DMA32") ? 1 : 0);
  }
  if (highest == HighestZone::kNormal && !HasZone(zones, "HighMem"))
    column = NormalColumn(zones).value_or(column);
  return reserve[std::min(column, reserve.size() - 1)];
}

// Mark after the request's discounts: mm/page_alloc.c, gfp_to_alloc_flags() and
// __zone_watermark_ok().
int64_t Discounted(int64_t mark, const GfpMeaning& gfp, WatermarkRule rule) {
  const bool no_wait = !gfp.may_reclaim && !gfp.no_memalloc;
  bool harder = !gfp.may_reclaim;
  if (rule == WatermarkRule::k44) harder = gfp.atomic && !gfp.no_memalloc;
  if (rule == WatermarkRule::k63) harder = no_wait && gfp.high;  // without HIGH it gives nothing
  if (gfp.high) mark -= mark / 2;
  if (harder) mark -= mark / 4;
  return mark;
}

bool HasType(const FreeCell& cell, std::string_view types) {
  if (!cell.migrate_types || cell.migrate_types->empty()) return true;
  return cell.migrate_types->find_first_of(types) != std::string::npos;
}

// Movable pieces, and those that requests of any type may fall back to: U, M, E (R before 4.4).
// CMA serves movable requests only, Highatomic those that may use the reserves.
std::optional<bool> HasPiece(const ZoneFacts& zone, const PieceRequest& request) {
  if (zone.cells.empty()) return std::nullopt;
  std::string types = "UMER";
  if (request.gfp.movable) types += 'C';
  if (!request.gfp.may_reclaim) types += 'H';
  const bool found = std::any_of(zone.cells.begin(), zone.cells.end(), [&](const FreeCell& cell) {
    return cell.order >= request.order && cell.count > 0 && HasType(cell, types);
  });
  return found || !ListIsCut(zone) ? std::optional(found) : std::nullopt;
}

// Pages that the request may not count on: kept for atomic requests, or CMA.
int64_t Excluded(const ZoneFacts& zone, const PieceRequest& request, WatermarkRule rule,
                 int64_t page_kb) {
  if (rule < WatermarkRule::k34) return 0;
  int64_t kb = request.gfp.movable ? 0 : zone.free_cma_kb.value_or(0);
  if (rule >= WatermarkRule::k44 && request.gfp.may_reclaim) {
    kb += zone.free_highatomic_kb.value_or(zone.reserved_highatomic_kb.value_or(0));
  }
  return kb / page_kb;
}

int64_t TakenFirst(int order, WatermarkRule rule) {
  const int64_t pages = int64_t{1} << order;
  const bool stricter = rule == WatermarkRule::k2636 || rule == WatermarkRule::kEl6Build431;
  return stricter ? pages + 1 : pages - 1;
}

// The loop over the orders below the request, of kernels before 4.4. `wanted` starts as the mark.
void RunLoop(const ZoneFacts& zone, int order, WatermarkRule rule, int64_t wanted,
             ZoneCheck& check) {
  if (rule >= WatermarkRule::k44 || zone.cells.empty() || ListIsCut(zone)) return;
  int64_t left = *check.usable_pages;
  const bool el6 = rule == WatermarkRule::kEl6Build431;
  if (el6) wanted = 0;  // restarts as mark - min, and the mark is min here
  for (int k = 0; k < order; ++k) {
    const auto cell = std::find_if(zone.cells.begin(), zone.cells.end(),
                                   [&](const FreeCell& entry) { return entry.order == k; });
    const int64_t taken = cell == zone.cells.end() ? 0 : cell->count << k;
    left -= taken;
    if (!el6 || k < kEl6HalvedBelowOrder) wanted /= 2;
    check.steps.push_back({k, taken, left, wanted});
    check.margin_pages = std::min(*check.margin_pages, left - wanted);
    if (left <= wanted) {
      check.watermark_ok = false;
      return;
    }
  }
}

void Conclude(const PieceRequest& request, int64_t mark, bool list_is_cut, ZoneCheck& check) {
  const bool above_mark = *check.usable_pages > mark;
  const bool first_test = *check.usable_pages > mark + check.reserve_pages.value_or(0);
  check.verdict = ZoneVerdict::kNotServed;
  if (!first_test) {
    check.reason =
        above_mark ? "kept back for other requests [lowmem_reserve]" : "below the min mark";
  } else if (check.blocks_ok == false) {
    check.reason = "free memory, but no piece that is large enough";
  } else if (check.watermark_ok == false) {
    check.reason = "too little is left in pieces that are large enough";
  } else if (request.order > 0 && (!check.blocks_ok || list_is_cut)) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = "its free list is not wholly in the text";
  } else {
    check.verdict = ZoneVerdict::kServed;
    check.reason = "above the min mark, and a piece exists";
  }
  if (request.one_node_unnamed) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = "the request was bound to one node [__GFP_THISNODE], which is not named";
  }
  if (request.assumed) {
    check.reason +=
        fmt::format("; order {} assumed, the request is not in the text", request.order);
  }
}

ZoneCheck CheckZone(const EventFacts& event, const ZoneFacts& zone, const PieceRequest& request,
                    WatermarkRule rule) {
  ZoneCheck check;
  check.node = zone.node;
  check.zone = zone.zone;
  const bool node_allowed =
      request.nodes.empty() || !zone.node ||
      std::find(request.nodes.begin(), request.nodes.end(), *zone.node) != request.nodes.end();
  check.eligible = node_allowed && RankOf(zone.zone) <= RankOf(request.gfp.highest);
  if (!check.eligible) {
    check.above_request = node_allowed;
    check.reason =
        node_allowed ? "above the zones of this request" : "on a node that is not allowed";
    check.verdict = ZoneVerdict::kNotServed;
    return check;
  }
  const int64_t page_kb = event.page_kb();
  Integer free_pages = ListedPages(zone, page_kb);
  // The counter "free:" is read before the list. Memory that came in between did not help a request
  // that had failed, so the smaller one counts (mm/show_mem.c, show_free_areas()).
  const bool counter = zone.free_kb && (!free_pages || !request.assumed);
  if (counter)
    free_pages = std::min(free_pages.value_or(*zone.free_kb / page_kb), *zone.free_kb / page_kb);
  if (!free_pages || !zone.min_kb) {
    check.reason = "its free memory or marks are not in the text";
    return check;
  }
  const int64_t mark = Discounted(*zone.min_kb / page_kb, request.gfp, rule);
  check.mark_pages = mark;
  check.reserve_pages = ReserveFor(zone, request.gfp.highest, event.zones);
  const bool reserve_lost =
      !check.reserve_pages &&
      std::any_of(event.zones.begin(), event.zones.end(), [&](const ZoneFacts& other) {
        return RankOf(other.zone) > RankOf(zone.zone) &&
               RankOf(other.zone) <= RankOf(request.gfp.highest);
      });
  check.usable_pages =
      *free_pages - Excluded(zone, request, rule, page_kb) - TakenFirst(request.order, rule);
  check.margin_pages = *check.usable_pages - mark - check.reserve_pages.value_or(0);
  check.watermark_ok = *check.margin_pages > 0;
  check.blocks_ok = HasPiece(zone, request);
  if (*check.watermark_ok) RunLoop(zone, request.order, rule, mark, check);
  Conclude(request, mark, ListIsCut(zone), check);
  // What a low zone keeps back for others is most of it.
  if (reserve_lost && check.verdict == ZoneVerdict::kServed) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = "what it keeps back [lowmem_reserve] is not in the text";
  }
  return check;
}

// Whether any of several zones serves a request.
class ServedSoFar {
 public:
  void Add(ZoneVerdict verdict) {
    any_ = true;
    served_ = served_ || verdict == ZoneVerdict::kServed;
    unknown_ = unknown_ || verdict == ZoneVerdict::kUnknown;
  }
  // None if it cannot be told.
  std::optional<bool> answer() const {
    if (served_) return true;
    return any_ && !unknown_ ? std::optional(false) : std::nullopt;
  }

 private:
  bool any_ = false;
  bool served_ = false;
  bool unknown_ = false;
};

// The last zone first: it is the largest on most machines, and one that serves is enough.
std::optional<bool> WouldBeServed(const EventFacts& event, const PieceRequest& request,
                                  WatermarkRule rule) {
  ServedSoFar served;
  for (std::size_t i = event.zones.size(); i-- > 0 && served.answer() != true;)
    served.Add(CheckZone(event, event.zones[i], request, rule).verdict);
  return served.answer();
}

PieceSums SumList(const ZoneFacts& zone, int order) {
  PieceSums sums;
  for (const FreeCell& cell : zone.cells)
    sums.Add(cell.order, static_cast<double>(cell.count), order);
  return sums;
}

}  // namespace

WatermarkRule RuleOf(const KernelVersion& kernel, const std::vector<ZoneFacts>& zones) {
  if (kernel.el == 6) {
    if (kernel.el_build >= 431) return WatermarkRule::kEl6Build431;
    return kernel.el_build >= 220 ? WatermarkRule::k2636 : WatermarkRule::k2618;
  }
  if (kernel.AtLeast(6, 3)) return WatermarkRule::k63;
  if (kernel.AtLeast(4, 4)) return WatermarkRule::k44;
  if (kernel.AtLeast(3, 4)) return WatermarkRule::k34;
  if (kernel.AtLeast(2, 6, 36)) return WatermarkRule::k2636;
  if (kernel.known()) return WatermarkRule::k2618;
  // What is printed since when: "reserved_highatomic:" 4.9, the letter E 4.4 (R before),
  // letters 3.8, "managed:" 3.8.
  bool since_38 = false;
  for (const ZoneFacts& zone : zones) {
    if (zone.reserved_highatomic_kb) return WatermarkRule::k44;
    since_38 = since_38 || zone.managed_kb;
    for (const FreeCell& cell : zone.cells) {
      if (!cell.migrate_types) continue;
      if (cell.migrate_types->find_first_of("EH") != std::string::npos) return WatermarkRule::k44;
      since_38 = since_38 || !cell.migrate_types->empty();
    }
  }
  return since_38 ? WatermarkRule::k34 : WatermarkRule::k2618;
}

PieceRequest OrdinaryRequest(int order) {
  PieceRequest request;
  request.order = order;
  request.gfp.may_reclaim = true;
  request.gfp.fs = true;
  request.assumed = true;
  return request;
}

std::optional<PieceRequest> RequestOf(const IncidentFacts& facts, const EventFacts& event) {
  const OomFacts* const oom = event.oom ? &*event.oom : nullptr;
  const RefusalFacts* const refusal = event.refusal ? &*event.refusal : nullptr;
  const Integer order = oom ? oom->order : refusal ? refusal->order : Integer();
  if (!order || *order < 0) return std::nullopt;
  PieceRequest request = OrdinaryRequest(static_cast<int>(*order));
  request.assumed = false;
  const std::optional<GfpMeaning> gfp =
      oom ? ReadGfp(oom->gfp_mask, oom->gfp_flags, KernelOf(facts, event))
          : ReadGfp(refusal->gfp_mask, refusal->gfp_flags, KernelOf(facts, event));
  if (gfp) request.gfp = *gfp;
  const Text& nodemask = oom ? oom->nodemask : refusal->nodemask;
  const Text& mems = oom ? oom->mems_allowed : refusal->mems_allowed;
  request.nodes = ParseNodeList(nodemask.value_or(""));
  if (request.nodes.empty()) request.nodes = ParseNodeList(mems.value_or(""));
  request.one_node_unnamed = request.gfp.this_node && NodesOf(event.zones).size() > 1;
  return request;
}

std::vector<ZoneCheck> CheckZones(const IncidentFacts& facts, const EventFacts& event,
                                  const PieceRequest& request) {
  std::vector<ZoneCheck> checks;
  const WatermarkRule rule = RuleOf(KernelOf(facts, event), event.zones);
  for (const ZoneFacts& zone : event.zones) {
    ZoneCheck& check = checks.emplace_back(CheckZone(event, zone, request, rule));
    check.frag_index = FragmentationIndex(zone, request.order);
    check.unusable_index = UnusableIndex(zone, request.order);
  }
  return checks;
}

std::optional<bool> AnyServed(const std::vector<ZoneCheck>& checks) {
  ServedSoFar served;
  for (const ZoneCheck& check : checks) served.Add(check.verdict);
  return served.answer();
}

bool BelowHighMarks(const EventFacts& event) {
  if (!event.rerun) return false;
  bool any = false;
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneCheck& check = event.rerun->checks[i];
    if (!check.eligible) continue;
    const Integer& high_kb = event.zones[i].high_kb;
    if (!high_kb || !check.usable_pages) return false;
    const int64_t wanted = *high_kb / event.page_kb() + check.reserve_pages.value_or(0);
    if (*check.usable_pages > wanted) return false;
    any = true;
  }
  return any;
}

std::optional<int> FirstRefusedOrder(const IncidentFacts& facts, const EventFacts& event) {
  const WatermarkRule rule = RuleOf(KernelOf(facts, event), event.zones);
  for (int order = 0; order <= kLargestTestedOrder; ++order) {
    const std::optional<bool> served = WouldBeServed(event, OrdinaryRequest(order), rule);
    if (!served) return std::nullopt;
    if (!*served) return order;
  }
  return std::nullopt;
}

void RunAgain(IncidentFacts& facts) {
  for (EventFacts& event : facts.events) {
    const bool has_marks =
        std::any_of(event.zones.begin(), event.zones.end(),
                    [](const ZoneFacts& zone) { return zone.min_kb.has_value(); });
    if (!has_marks) continue;
    Rerun rerun;
    rerun.refused_order = FirstRefusedOrder(facts, event);
    const std::optional<PieceRequest> own = RequestOf(facts, event);
    rerun.request = own ? *own : OrdinaryRequest(rerun.refused_order.value_or(0));
    rerun.checks = CheckZones(facts, event, rerun.request);
    rerun.served = AnyServed(rerun.checks);
    PieceRequest single = rerun.request;
    single.order = 0;
    rerun.single_served = WouldBeServed(event, single, RuleOf(KernelOf(facts, event), event.zones));
    event.rerun = std::move(rerun);
  }
}

Real FragmentationIndex(const ZoneFacts& zone, int order) {
  if (zone.cells.empty() || ListIsCut(zone)) return std::nullopt;
  return FragmentationIndex(SumList(zone, order), order);
}

Real UnusableIndex(const ZoneFacts& zone, int order) {
  if (zone.cells.empty() || ListIsCut(zone)) return std::nullopt;
  return UnusableIndex(SumList(zone, order), order);
}

}  // namespace kautopsy
