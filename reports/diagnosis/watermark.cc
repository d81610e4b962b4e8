#include "reports/diagnosis/watermark.h"

#include <algorithm>
#include <string>

#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/piece_index.h"
#include "reports/diagnosis/zone_terms.h"

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

// The loop over the orders below the request, of kernels before 4.4.
void RunLoop(const ZoneFacts& zone, int order, WatermarkRule rule, ZoneCheck& check) {
  if (rule >= WatermarkRule::k44 || zone.cells.empty() || ListIsCut(zone)) return;
  int64_t left = *check.usable_pages;
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
    check.reason =
        above_mark ? "kept back for other requests [lowmem_reserve]" : "below the min mark";
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

// What lies free in the zone. The counter "free:" is read before the list. Memory that came in
// between did not help a request that had failed, so the smaller one counts (mm/show_mem.c,
// show_free_areas()).
Integer FreePages(const ZoneFacts& zone, const PieceRequest& request, int64_t page_kb) {
  Integer pages = ListedPages(zone, page_kb);
  const bool counter = zone.free_kb && (!pages || !request.assumed);
  if (counter) pages = std::min(pages.value_or(*zone.free_kb / page_kb), *zone.free_kb / page_kb);
  return pages;
}

// What a low zone keeps back for others is most of it.
bool LacksReserve(const EventFacts& event, const ZoneFacts& zone, const PieceRequest& request,
                  const ZoneCheck& check) {
  if (check.reserve_pages) return false;
  return std::any_of(event.zones.begin(), event.zones.end(), [&](const ZoneFacts& other) {
    return RankOf(other.zone) > RankOf(zone.zone) &&
           RankOf(other.zone) <= RankOf(request.gfp.highest);
  });
}

ZoneCheck CheckZone(const EventFacts& event, const ZoneFacts& zone, const PieceRequest& request,
                    const ZoneTerms& terms) {
  ZoneCheck check;
  check.node = zone.node;
  check.zone = zone.zone;
  if (!IsEligible(zone, request, check)) return check;
  const Integer free_pages = FreePages(zone, request, event.page_kb());
  if (!free_pages || !zone.min_kb) {
    check.reason = "its free memory or marks are not in the text";
    return check;
  }
  const Bounds mark = terms.Mark(zone);
  const Bounds atomic = terms.Atomic(zone);
  check.cma_pages = terms.Cma(zone);
  check.atomic_pages = atomic.most;
  check.mark_pages = mark.most;
  check.reserve_pages = terms.Reserve(zone);
  check.usable_pages = *free_pages - *check.cma_pages - *check.atomic_pages -
                       TakenFirst(request.order, terms.rule());
  check.margin_pages = *check.usable_pages - mark.most - check.reserve_pages.value_or(0);
  check.watermark_ok = *check.margin_pages > 0;
  check.blocks_ok = HasPiece(zone, request, terms.rights());
  if (*check.watermark_ok) RunLoop(zone, request.order, terms.rule(), check);
  Conclude(request, ListIsCut(zone), check);
  if (check.verdict == ZoneVerdict::kServed && LacksReserve(event, zone, request, check)) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = "what it keeps back [lowmem_reserve] is not in the text";
  }
  const int64_t most_spare =
      *check.margin_pages + (mark.most - mark.least) + (atomic.most - atomic.least);
  const bool by_unprinted = *check.margin_pages <= 0 && most_spare > 0 && check.blocks_ok != false;
  if (check.steps.empty() && by_unprinted) {
    check.verdict = ZoneVerdict::kUnknown;
    check.reason = mark.exact() ? "how much of reserved_highatomic was free is not in the text"
                                : "whether its min mark was raised [boost] is not in the text";
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
std::optional<bool> WouldBeServed(const EventFacts& event, const KernelVersion& kernel,
                                  const PieceRequest& request) {
  const ZoneTerms terms(event, request, kernel);
  ServedSoFar served;
  for (std::size_t i = event.zones.size(); i-- > 0 && served.answer() != true;)
    served.Add(CheckZone(event, event.zones[i], request, terms).verdict);
  return served.answer();
}

PieceSums SumList(const ZoneFacts& zone, int order) {
  PieceSums sums;
  for (const FreeCell& cell : zone.cells)
    sums.Add(cell.order, static_cast<double>(cell.count), order);
  return sums;
}

// Nodes that the request may use; empty: all. In an interrupt the cpuset of the interrupted task
// does not hold (kernel/cpuset.c, cpuset_node_allowed()), nor does it for atomic requests, for
// which since 4.7 the memory policy does not either (mm/page_alloc.c, __alloc_pages_slowpath()
// of 5.10: "memory policies can be ignored").
std::vector<int64_t> AllowedNodes(const EventFacts& event, const PieceRequest& request,
                                  WatermarkRule rule) {
  const Text& nodemask = event.oom ? event.oom->nodemask : event.refusal->nodemask;
  const Text& mems = event.oom ? event.oom->mems_allowed : event.refusal->mems_allowed;
  const bool atomic = RightsOf(request.gfp, request.order, rule).ignores_cpuset;
  const Text context = event.refusal ? event.refusal->context : std::nullopt;
  if (atomic && rule >= WatermarkRule::k44) return {};
  std::vector<int64_t> nodes = ParseNodeList(nodemask.value_or(""));
  const bool no_cpuset = atomic || (context && *context != "process");
  if (nodes.empty() && !no_cpuset) nodes = ParseNodeList(mems.value_or(""));
  return nodes;
}

}  // namespace

WatermarkRule RuleOf(const KernelVersion& kernel, const std::vector<ZoneFacts>& zones) {
  if (kernel.known()) return RuleOf(kernel);
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
  request.gfp.io = true;
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
  const KernelVersion kernel = KernelOf(facts, event);
  const std::optional<GfpMeaning> gfp =
      oom ? ReadGfp(oom->gfp_mask, oom->gfp_flags, kernel)
          : ReadGfp(refusal->gfp_mask, refusal->gfp_flags, kernel);
  if (gfp) request.gfp = *gfp;
  request.nodes = AllowedNodes(event, request, RuleOf(kernel, event.zones));
  request.one_node_unnamed = request.gfp.this_node && NodesOf(event.zones).size() > 1;
  return request;
}

std::vector<ZoneCheck> CheckZones(const IncidentFacts& facts, const EventFacts& event,
                                  const PieceRequest& request) {
  std::vector<ZoneCheck> checks;
  const ZoneTerms terms(event, request, KernelOf(facts, event));
  for (const ZoneFacts& zone : event.zones) {
    ZoneCheck& check = checks.emplace_back(CheckZone(event, zone, request, terms));
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
  const KernelVersion kernel = KernelOf(facts, event);
  for (int order = 0; order <= kLargestTestedOrder; ++order) {
    const std::optional<bool> served = WouldBeServed(event, kernel, OrdinaryRequest(order));
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
    rerun.single_served = WouldBeServed(event, KernelOf(facts, event), single);
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
