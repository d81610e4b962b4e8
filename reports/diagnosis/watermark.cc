#include "reports/diagnosis/watermark.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>

#include "reports/diagnosis/dying_task.h"
#include "reports/diagnosis/gfp_layout.h"
#include "reports/diagnosis/last_try.h"
#include "reports/diagnosis/missing_zones.h"
#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/piece_index.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/zone_terms.h"
#include "reports/diagnosis/zone_test.h"

namespace kautopsy {
namespace {

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
  if (terms.lacks_zones()) served.Add(ZoneVerdict::kUnknown);
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

struct PrintedMask {
  Integer mask;
  Text names;
};

PrintedMask MaskOf(const EventFacts& event) {
  if (event.oom) return {event.oom->gfp_mask, event.oom->gfp_flags};
  if (event.refusal) return {event.refusal->gfp_mask, event.refusal->gfp_flags};
  return {};
}

// The layout that makes sense of a mask which is printed without names, where that of its release,
// which prints names (since 4.6), does not: the release is made up, or of other lines.
const GfpLayout* OlderLayout(const PrintedMask& printed, const KernelVersion& kernel) {
  const GfpLayout* const own = FindGfpLayout(kernel);
  constexpr int64_t kLargestMask = 0xffffffff;
  const Integer& mask = printed.mask;
  if (!own || printed.names || !kernel.AtLeast(4, 6) || !mask || *mask < 0 || *mask > kLargestMask)
    return nullptr;
  const std::vector<GfpCandidate> ranked = RankGfpLayouts(static_cast<uint32_t>(*mask));
  const auto found = std::find_if(ranked.begin(), ranked.end(), [&](const GfpCandidate& candidate) {
    return candidate.layout == own;
  });
  const bool nonsense = found != ranked.end() && found->oddities >= kGfpNonsense;
  return nonsense && ranked.front().oddities < kGfpNonsense ? ranked.front().layout : nullptr;
}

// The releases that print such names for the mask, where that of the text has no such name, or
// other bits for them; none if it may. Bits from 24 on depend on how a kernel is built
// (gfp_tables.h).
std::optional<GfpReleases> OtherReleases(const PrintedMask& printed, const KernelVersion& kernel) {
  constexpr int64_t kFixedBits = 0xffffff;
  const GfpLayout* const own = FindGfpLayout(kernel);
  if (!own || !printed.mask || !printed.names) return std::nullopt;
  const Result<uint32_t> mask = GfpMask(*printed.names, *own);
  if (mask && ((int64_t{*mask} ^ *printed.mask) & kFixedBits) == 0) return std::nullopt;
  return ReleasesOf(*printed.mask, *printed.names);
}

// Whether the refused request is one of a task that frees memory itself [PF_MEMALLOC]: kswapd
// (mm/vmscan.c, kswapd()), or who reclaims or compacts on the way (mm/page_alloc.c of 3.10,
// __alloc_pages_direct_compact()). In an interrupt the task was only interrupted, and its rights do
// not hold (__gfp_pfmemalloc_flags() of 5.10, gfp_to_alloc_flags() before: in_interrupt()).
bool FreesMemory(const EventFacts& event) {
  if (!event.refusal || event.refusal->context != "process") return false;
  const std::string comm = event.refusal->comm.value_or(event.comm.value_or(""));
  constexpr std::string_view kKswapd = "kswapd";
  if (comm.starts_with(kKswapd) && comm.size() > kKswapd.size() &&
      comm.find_first_not_of("0123456789", kKswapd.size()) == std::string::npos)
    return true;
  return std::any_of(event.frames.begin(), event.frames.end(), [](const FrameFacts& frame) {
    return frame.reliable &&
           (frame.symbol == "try_to_free_pages" || frame.symbol == "try_to_compact_pages");
  });
}

// mm/page_alloc.c, gfp_to_alloc_flags() of 2.6.32 and 3.10: no mark holds a victim [TIF_MEMDIE].
// Since 4.14 it may use a part of the reserve only (RightsOf()).
bool GivesVictimsAll(const KernelVersion& kernel, WatermarkRule rule) {
  return kernel.known() ? kernel.Below(4, 14) : rule < WatermarkRule::k44;
}

// vmalloc takes pages from anywhere unless it was told a zone for devices, and the mask that it
// prints does not say so (mm/vmalloc.c of 4.14 and later, __vmalloc_area_node(): highmem_mask).
void AllowHighMem(const EventFacts& event, const KernelVersion& kernel, GfpMeaning& gfp) {
  const bool mapped = event.refusal && StageOf(*event.refusal) != VmallocStage::kNone;
  if (mapped && kernel.AtLeast(4, 14) && gfp.highest == HighestZone::kNormal)
    gfp.highest = HighestZone::kHighMem;
}

// In the trace of a page that a program touched: what is asked for is a single page (mm/memory.c,
// mm/filemap.c). A huge one gives way to it first.
bool IsPageFault(const EventFacts& event) {
  constexpr auto kFaults = std::to_array<std::string_view>(
      {"filemap_fault", "handle_mm_fault", "__handle_mm_fault", "do_anonymous_page", "do_swap_page",
       "do_wp_page", "wp_page_copy", "do_fault", "__do_fault", "do_cow_fault"});
  return std::any_of(event.frames.begin(), event.frames.end(), [&](const FrameFacts& frame) {
    return std::find(kFaults.begin(), kFaults.end(), frame.symbol) != kFaults.end();
  });
}

// What is tested where the request is not in the text: the smallest that is refused. The allocator
// kills for no piece above PAGE_ALLOC_COSTLY_ORDER (mm/page_alloc.c of 2.6.32 to 6.12,
// __alloc_pages_may_oom(): "The OOM killer will not help higher order allocs").
int AssumedOrder(const EventFacts& event, const std::optional<int>& refused_order) {
  constexpr int kCostlyOrder = 3;
  const int order = refused_order.value_or(0);
  const bool killed = event.oom || !event.kills.empty();
  return killed && (order > kCostlyOrder || IsPageFault(event)) ? 0 : order;
}

}  // namespace

WatermarkRule RuleOf(const KernelVersion& kernel, const EventFacts& event) {
  if (kernel.known()) return RuleOf(kernel);
  // What is printed since when: "free_highatomic:" 6.16, "reserved_highatomic:" after 5.4 (not by
  // 5.4.51), the letter H 4.4; R until 4.3; letters 3.8, "managed:" 3.8, "free_cma:" of the machine
  // 3.7 (mm/page_alloc.c, show_free_areas(), show_migration_types(): E is of reclaimable pieces in
  // all of them).
  const std::vector<ZoneFacts>& zones = event.zones;
  bool since_38 = event.mem && event.mem->free_cma_pages;
  bool since_44 = false;  // by E without an R: until 4.3 few machines had no reserve free
  // Since 4.8 nodes tell whether they are unreclaimable, and a zone's line ends in "free_cma:".
  const bool since_48 =
      !zones.empty() && std::all_of(zones.begin(), zones.end(), [](const auto& zone) {
        return zone.free_cma_kb && zone.managed_kb && !zone.all_unreclaimable;
      });
  for (const ZoneFacts& zone : zones) {
    if (zone.free_highatomic_kb) return WatermarkRule::k63;
    if (zone.reserved_highatomic_kb) return WatermarkRule::k44;
    since_38 = since_38 || zone.managed_kb;
    for (const FreeCell& cell : zone.cells) {
      if (!cell.migrate_types) continue;
      if (cell.migrate_types->find('R') != std::string::npos) return WatermarkRule::k34;
      since_44 = since_44 || cell.migrate_types->find_first_of("EH") != std::string::npos;
      since_38 = since_38 || !cell.migrate_types->empty();
    }
  }
  if (since_44 || since_48) return WatermarkRule::k44;
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

KernelVersion TestedKernel(const IncidentFacts& facts, const EventFacts& event,
                           std::string* doubt) {
  const KernelVersion kernel = KernelOf(facts, event);
  const PrintedMask printed = MaskOf(event);
  if (const std::optional<GfpReleases> releases = OtherReleases(printed, kernel)) {
    if (doubt)
      *doubt = fmt::format(
          "Mask {:#x} is printed with names that kernel {}.{} does not have for it, but kernels "
          "from "
          "{}.{} on: the release in the text is not believed.",
          static_cast<uint64_t>(*printed.mask), kernel.major, kernel.minor, releases->first.major,
          releases->first.minor);
    return releases->first;
  }
  const GfpLayout* const older = OlderLayout(printed, kernel);
  if (!older) return kernel;
  if (doubt)
    *doubt = fmt::format(
        "Kernel {}.{} prints names behind a mask and has no mask {:#x}, which makes sense in "
        "kernels {}: the release in the text is not believed.",
        kernel.major, kernel.minor, static_cast<uint64_t>(*printed.mask), older->releases);
  // The zones may tell of a still older one.
  return RuleOf(older->first) < RuleOf(KernelVersion(), event) ? older->first : KernelVersion();
}

std::optional<PieceRequest> RequestOf(const IncidentFacts& facts, const EventFacts& event) {
  const OomFacts* const oom = event.oom ? &*event.oom : nullptr;
  const RefusalFacts* const refusal = event.refusal ? &*event.refusal : nullptr;
  Integer order = oom ? oom->order : refusal ? refusal->order : Integer();
  // 2.6.8 to 2.6.11 print the mask alone: where not even a page was to be had, no piece was.
  const bool mask_alone = oom && oom->gfp_mask && !order;
  if (mask_alone) order = 0;
  if (RefusedBeforePages(event)) return std::nullopt;
  // What is mapped page by page needs no piece (mm/vmalloc.c, __vmalloc_area_node()). Where it did
  // not come to its pages, a page is only what can be tested.
  const bool mapped = refusal && StageOf(*refusal) != VmallocStage::kNone;
  const std::optional<int> mapped_order = mapped ? OrderOfPages(*refusal) : std::nullopt;
  if (mapped) order = mapped_order.value_or(0);
  if (!order || *order < 0) return std::nullopt;
  PieceRequest request = OrdinaryRequest(static_cast<int>(*order));
  request.assumed = mask_alone || (mapped && !mapped_order);
  const KernelVersion kernel = TestedKernel(facts, event);
  const PrintedMask printed = MaskOf(event);
  const std::optional<GfpMeaning> gfp = ReadGfp(printed.mask, printed.names, kernel);
  if (gfp) request.gfp = *gfp;
  AllowHighMem(event, kernel, request.gfp);
  request.frees_memory = !request.gfp.no_memalloc && FreesMemory(event);
  request.gfp.memalloc = request.gfp.memalloc || request.frees_memory;
  const WatermarkRule rule = RuleOf(kernel, event);
  request.dying = !request.gfp.no_memalloc && KilledBefore(facts, event) != nullptr;
  if (request.dying && GivesVictimsAll(kernel, rule)) request.gfp.memalloc = true;
  request.nodes = AllowedNodes(event, request, rule);
  request.one_node_unnamed = request.gfp.this_node && NodesOf(event.zones).size() > 1;
  return request;
}

std::vector<ZoneCheck> CheckZones(const IncidentFacts& facts, const EventFacts& event,
                                  const PieceRequest& request) {
  std::vector<ZoneCheck> checks;
  const ZoneTerms terms(event, request, TestedKernel(facts, event));
  for (const ZoneFacts& zone : event.zones) {
    ZoneCheck& check = checks.emplace_back(CheckZone(event, zone, request, terms));
    check.frag_index = FragmentationIndex(zone, request.order);
    check.unusable_index = UnusableIndex(zone, request.order);
  }
  return checks;
}

bool PassesFirstTest(const ZoneCheck& check) {
  if (!check.usable_pages || !check.mark_pages) return false;
  return *check.usable_pages > *check.mark_pages + check.reserve_pages.value_or(0);
}

std::optional<bool> PassesByCounter(const ZoneCheck& check) {
  if (!check.counter_pages || !check.usable_pages || !check.mark_pages) return std::nullopt;
  const int64_t usable_pages =
      *check.usable_pages - *check.free_pages + check.isolated_pages + *check.counter_pages;
  return usable_pages > *check.mark_pages + check.reserve_pages.value_or(0);
}

std::optional<bool> AnyServed(const std::vector<ZoneCheck>& checks) {
  ServedSoFar served;
  for (const ZoneCheck& check : checks) served.Add(check.verdict);
  return served.answer();
}

bool BelowHighMarks(const EventFacts& event) {
  if (!event.rerun || event.rerun->lacks_zones) return false;
  bool any = false;
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneCheck& check = event.rerun->checks[i];
    if (!check.eligible) continue;
    const Integer& high_kb = event.zones[i].high_kb;
    const Integer& usable = check.last_try_pages ? check.last_try_pages : check.usable_pages;
    if (!high_kb || !usable) return false;
    const int64_t wanted = *high_kb / event.page_kb() + check.reserve_pages.value_or(0);
    if (*usable > wanted) return false;
    any = true;
  }
  return any;
}

std::optional<int> FirstRefusedOrder(const IncidentFacts& facts, const EventFacts& event) {
  const KernelVersion kernel = TestedKernel(facts, event);
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
    const bool has_lists = std::any_of(event.zones.begin(), event.zones.end(),
                                       [](const ZoneFacts& zone) { return !zone.cells.empty(); });
    const bool tests = has_marks || (has_lists && (event.oom || event.refusal));
    if (!tests || RefusedBeforePages(event)) continue;
    Rerun rerun;
    const KernelVersion kernel = TestedKernel(facts, event, &rerun.release_doubt);
    rerun.refused_order = FirstRefusedOrder(facts, event);
    const std::optional<PieceRequest> own = RequestOf(facts, event);
    rerun.request = own ? *own : OrdinaryRequest(AssumedOrder(event, rerun.refused_order));
    rerun.checks = CheckZones(facts, event, rerun.request);
    AddLastTry(event, rerun.request, kernel, rerun.checks);
    rerun.lacks_zones = LacksZones(event, rerun.request, kernel);
    rerun.served = AnyServed(rerun.checks);
    if (rerun.lacks_zones && rerun.served == false) rerun.served.reset();
    // Lists alone can show that there is no piece, but not that one is to be had.
    if (!has_marks && rerun.served != false) continue;
    PieceRequest single = rerun.request;
    single.order = 0;
    rerun.single_served = WouldBeServed(event, kernel, single);
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
