#include "reports/diagnosis/zone_test.h"

#include <algorithm>
#include <string>

namespace kautopsy {
namespace {

// mm/page_alloc.c of EL6 -431 halves the mark only below pageblock_order / 4; 2 MiB pageblocks of
// 4 KiB pages have order 9.
constexpr int kEl6HalvedBelowOrder = 9 / 4;

bool HasType(const FreeCell& cell, std::string_view types) {
  if (!cell.migrate_types || cell.migrate_types->empty()) return true;
  return cell.migrate_types->find_first_of(types) != std::string::npos;
}

// Movable pieces, and those that requests of any type may fall back to: U, M, E (R before 4.4).
// CMA serves movable requests only, Highatomic those that may use the reserves. From 4.4
// (97a16fc82a7c) to 4.14 __zone_watermark_ok() lets these pass on a piece of any type, which 4.15
// ends ("fix potential false positive"): no piece is had by that, as buffered_rmqueue() and
// __rmqueue() take none that is Isolate, nor CMA unless movable (mm/page_alloc.c of 4.4 and 4.15).
std::optional<bool> HasPiece(const ZoneFacts& zone, const PieceRequest& request,
                             const GfpRights& rights) {
  if (zone.cells.empty()) return std::nullopt;
  std::string types = "UMER";
  if (request.gfp.movable) types += 'C';
  if (rights.atomic_blocks) types += 'H';
  const bool found = std::any_of(zone.cells.begin(), zone.cells.end(), [&](const FreeCell& cell) {
    return cell.order >= request.order && cell.count > 0 && HasType(cell, types);
  });
  return found || !ListIsCut(zone) ? std::optional(found) : std::nullopt;
}

int64_t TakenFirst(int order, WatermarkRule rule) {
  const int64_t pages = int64_t{1} << order;
  const bool stricter = rule == WatermarkRule::k2636 || rule == WatermarkRule::kEl6Build431;
  return stricter ? pages + 1 : pages - 1;
}

// The loop over the orders below the request, of kernels before 4.4. It subtracts the cells of the
// list, so it only means something on a sum that began with that list.
void RunLoop(const ZoneFacts& zone, int order, WatermarkRule rule, ZoneCheck& check) {
  if (rule >= WatermarkRule::k44 || zone.cells.empty() || ListIsCut(zone)) return;
  int64_t left = *check.usable_pages + check.cma_back_pages;
  int64_t wanted = *check.mark_pages;
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

void Conclude(const PieceRequest& request, bool list_is_cut, ZoneCheck& check) {
  const int64_t mark = *check.mark_pages;
  const bool above_mark = *check.usable_pages > mark;
  const bool first_test = *check.usable_pages > mark + check.reserve_pages.value_or(0);
  check.verdict = ZoneVerdict::kNotServed;
  if (!first_test) {
    check.reason = above_mark  ? "kept back for other requests [lowmem_reserve]"
                   : mark == 0 ? "nothing is left"
                               : "below the min mark";
  } else if (check.blocks_ok == false) {
    check.reason = request.order == 0 ? "free memory, but all of it kept for other requests"
                                      : "free memory, but no piece that is large enough";
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
    check.reason.append("; order ").append(std::to_string(request.order));
    check.reason += " assumed, the request is not in the text";
  }
}

// Zone DMA is the first 16 MiB. Of requests that may use higher zones it keeps back 1/256 of what
// these have, if the administrator left it so (mm/page_alloc.c, sysctl_lowmem_reserve_ratio): from
// 4 GiB on more than there is of it. None where it does not keep back all that it has.
Integer KeptBackPages(const EventFacts& event, const PieceRequest& request,
                      const ZoneCheck& check) {
  constexpr int64_t kZoneDmaKb = 16 << 10;
  constexpr int64_t kUsualRatio = 256;
  if (check.zone != "DMA" || request.gfp.highest < HighestZone::kNormal || request.assumed)
    return std::nullopt;
  const int64_t pages = (ItemisedKb(event) - kZoneDmaKb) / kUsualRatio / event.page_kb();
  return check.free_pages && *check.free_pages <= pages ? Integer(pages) : std::nullopt;
}

// Of a zone whose line is lost: without a piece for the request, no mark lets it pass.
void ConcludeByList(const EventFacts& event, const PieceRequest& request, ZoneCheck& check) {
  check.reason = "its free memory or marks are not in the text";
  if (const Integer kept = KeptBackPages(event, request, check)) {
    check.reserve_pages = *kept;
    check.watermark_ok = false;
    check.verdict = ZoneVerdict::kNotServed;
    check.reason = "kept back for other requests [lowmem_reserve, by the usual ratio]";
    return;
  }
  if (check.blocks_ok != false || request.assumed || request.one_node_unnamed) return;
  check.verdict = ZoneVerdict::kNotServed;
  check.reason = request.order == 0
                     ? "no free piece that is not kept for other requests, whatever its marks"
                     : "no free piece that is large enough, whatever its marks";
}

// True if the request may use the zone; else `check` says why not.
bool IsEligible(const ZoneFacts& zone, const PieceRequest& request, ZoneCheck& check) {
  const bool node_allowed =
      request.nodes.empty() || !zone.node ||
      std::find(request.nodes.begin(), request.nodes.end(), *zone.node) != request.nodes.end();
  check.eligible = node_allowed && RankOf(zone.zone) <= RankOf(request.gfp.highest);
  if (check.eligible) return true;
  check.above_request = node_allowed;
  check.reason = node_allowed ? "above the zones of this request" : "on a node that is not allowed";
  check.verdict = ZoneVerdict::kNotServed;
  return false;
}

// A list whose cells do not make its printed total is damaged.
bool ListAddsUp(const ZoneFacts& zone) {
  if (!zone.free_list_kb || zone.cells.empty()) return true;
  int64_t kb = 0;
  for (const FreeCell& cell : zone.cells) kb += cell.count * cell.block_kb;
  return kb == *zone.free_list_kb;
}

// What the sum begins with. The counter "free:" is read before the list (mm/show_mem.c,
// show_free_areas()), so both are of different moments, and every later term is of the list's.
void SetFree(const ZoneFacts& zone, int64_t page_kb, ZoneCheck& check) {
  if (zone.free_kb) check.counter_pages = *zone.free_kb / page_kb;
  if (ListAddsUp(zone)) check.free_pages = ListedPages(zone, page_kb);
  check.from_list = check.free_pages.has_value();
  if (!check.from_list) check.free_pages = check.counter_pages;
}

// The zone's own line is printed behind its marks, so it is there unless the report was cut.
// What a low zone keeps back for others is most of it; the highest keeps back nothing.
bool LacksReserve(const EventFacts& event, const ZoneFacts& zone, const PieceRequest& request,
                  const ZoneCheck& check) {
  if (check.reserve_pages || *check.mark_pages == 0) return false;
  const bool low = !IsOrdinaryZone(zone.zone);
  return std::any_of(event.zones.begin(), event.zones.end(), [&](const ZoneFacts& other) {
    if (&other == &zone) return low && zone.lowmem_reserve_pages.empty();
    return RankOf(other.zone) > RankOf(zone.zone) &&
           RankOf(other.zone) <= RankOf(request.gfp.highest);
  });
}

// Where zones are missing, the column of lowmem_reserve that holds for the request is not sure.
bool PassesByAnyColumn(const ZoneFacts& zone, const ZoneCheck& check) {
  const auto most =
      std::max_element(zone.lowmem_reserve_pages.begin(), zone.lowmem_reserve_pages.end());
  return most != zone.lowmem_reserve_pages.end() && *check.usable_pages > *check.mark_pages + *most;
}

// How much of blocks of mixed types is isolated is not printed; the counter leaves all of it out.
int64_t MixedIsolatedPages(const ZoneFacts& zone) {
  int64_t pages = 0;
  for (const FreeCell& cell : zone.cells) {
    const bool some = cell.migrate_types && cell.migrate_types->find('I') != std::string::npos;
    if (some && !IsIsolated(cell)) pages += cell.count << cell.order;
  }
  return pages;
}

// What the text does not hold may turn the verdict.
void Doubt(const EventFacts& event, const ZoneFacts& zone, const PieceRequest& request,
           const ZoneTerms& terms, ZoneCheck& check) {
  if (check.verdict == ZoneVerdict::kServed && LacksReserve(event, zone, request, check)) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = "what it keeps back [lowmem_reserve] is not in the text";
  }
  if (check.verdict == ZoneVerdict::kServed && terms.lacks_zones() &&
      !PassesByAnyColumn(zone, check)) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = "zones are missing in the text, so what it keeps back is not sure";
  }
  if (check.verdict == ZoneVerdict::kServed && check.from_list &&
      *check.margin_pages - MixedIsolatedPages(zone) <= 0) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = "how much of it is being taken away [isolate] is not in the text";
  }
  if (!check.steps.empty() || check.blocks_ok == false) return;
  const Bounds mark = terms.Mark(zone);
  const Bounds atomic = terms.Atomic(zone);
  if (*check.margin_pages <= 0 && *check.margin_pages + mark.most - mark.least > 0) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = "whether its min mark was raised [boost] is not in the text";
  } else if (check.verdict == ZoneVerdict::kServed &&
             *check.margin_pages - (atomic.most - atomic.least) <= 0) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = "how much is kept for atomic requests [highatomic] is not in the text";
  }
}

}  // namespace

ZoneCheck CheckZone(const EventFacts& event, const ZoneFacts& zone, const PieceRequest& request,
                    const ZoneTerms& terms) {
  ZoneCheck check;
  check.node = zone.node;
  check.zone = zone.zone;
  if (!IsEligible(zone, request, check)) return check;
  SetFree(zone, event.page_kb(), check);
  check.blocks_ok = HasPiece(zone, request, terms.rights());
  if (!check.free_pages || !zone.min_kb) {
    ConcludeByList(event, request, check);
    return check;
  }
  check.cma_pages = terms.Cma(zone);
  if (terms.CmaReturns()) check.cma_back_pages = *check.cma_pages;
  check.atomic_pages = terms.Atomic(zone).least;
  check.min_pages = *zone.min_kb / event.page_kb();
  check.mark_pages = terms.Mark(zone).most;
  check.discounts = terms.Discounts(zone, *check.mark_pages);
  check.reserve_pages = terms.Reserve(zone);
  if (check.from_list) check.isolated_pages = IsolatedPages(zone);
  check.usable_pages = *check.free_pages - *check.cma_pages - *check.atomic_pages -
                       check.isolated_pages - TakenFirst(request.order, terms.rule());
  check.margin_pages = *check.usable_pages - *check.mark_pages - check.reserve_pages.value_or(0);
  check.watermark_ok = *check.margin_pages > 0;
  if (*check.watermark_ok) RunLoop(zone, request.order, terms.rule(), check);
  Conclude(request, ListIsCut(zone), check);
  Doubt(event, zone, request, terms, check);
  return check;
}

}  // namespace kautopsy
