#include <fmt/core.h>

#include <algorithm>
#include <iterator>

#include "reports/builder.h"
#include "reports/diagnosis/left_out.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Which kernels share a test.
std::string_view KernelsOf(WatermarkRule rule) {
  switch (rule) {
    case WatermarkRule::k2618:
      return "kernels to 2.6.35";
    case WatermarkRule::k2636:
      return "kernels 2.6.36 to 3.3";
    case WatermarkRule::kEl6Build431:
      return "EL6 from -431";
    case WatermarkRule::k34:
      return "kernels 3.4 to 4.3";
    case WatermarkRule::k44:
      return "kernels 4.4 to 6.2";
    case WatermarkRule::k63:
      return "kernels from 6.3";
  }
  return "this kernel";
}

// What the test takes off the free pages first: " - 5 (the 4 pages asked for and 1 more)".
std::string TakenFirstWords(WatermarkRule rule, const PieceRequest& request) {
  const bool stricter = rule == WatermarkRule::k2636 || rule == WatermarkRule::kEl6Build431;
  const int64_t piece = int64_t{1} << request.order;
  if (!stricter && request.order == 0) return "";
  return fmt::format(" - {} (the {} {} {})", piece + (stricter ? 1 : -1), Counted(piece, "page"),
                     request.assumed ? "of the piece" : "asked for",
                     stricter ? "and 1 more" : "less 1");
}

// What the sums of the zones begin with.
std::string FreeWords(const std::vector<ZoneCheck>& checks) {
  bool listed = false;
  bool counted = false;
  for (const ZoneCheck& check : checks) {
    if (!check.free_pages) continue;
    listed = listed || check.from_list;
    counted = counted || !check.from_list;
  }
  if (!counted) return "listed";
  return listed ? "listed (\"free:\" where there is no list)" : "\"free:\"";
}

// The test in words, as zone_test.cc runs it. Of a kernel that the text does not name, what it
// prints tells the age.
std::string RuleWords(const KernelVersion& kernel, WatermarkRule rule, const Rerun& rerun) {
  const int order = rerun.request.order;
  const char* const by = !rerun.release_doubt.empty() ? ", not that of the release"
                         : kernel.known()             ? ""
                                                      : ", by what is printed";
  // The rules since 4.4 differ only in what may be taken of reserves.
  const GfpMeaning& gfp = rerun.request.gfp;
  const bool any_since_44 =
      !kernel.known() && rule == WatermarkRule::k44 && gfp.may_reclaim && !gfp.high;
  const std::string_view kernels = any_since_44 ? "kernels from 4.4" : KernelsOf(rule);
  std::string words = fmt::format("rule of {}{}: {}{} > min + reserve", kernels, by,
                                  FreeWords(rerun.checks), TakenFirstWords(rule, rerun.request));
  if (order == 0) return words;
  if (rule >= WatermarkRule::k44) return words + ", and a free piece of the size must exist";
  const bool el6 = rule == WatermarkRule::kEl6Build431;
  return fmt::format("{}, less smaller pieces > {}", words, el6 ? "0" : "a share of min");
}

// The OOM killer is not started for larger requests, and smaller ones were served.
std::string OrderUnknown(int refused_order) {
  std::string orders = fmt::format("{}", kCostlyOrder);
  if (refused_order < kCostlyOrder) {
    orders = fmt::format("{} {} {}", refused_order, refused_order + 1 == kCostlyOrder ? "or" : "to",
                         kCostlyOrder);
  }
  return "order unknown; if an OOM kill: " + orders;
}

std::string RequestWords(const EventFacts& event) {
  const PieceRequest& request = event.rerun->request;
  if (request.assumed && ShowsFragmentation(event)) return OrderUnknown(request.order);
  if (request.assumed) return "ordinary request, any node";
  const Integer mask = event.oom       ? event.oom->gfp_mask
                       : event.refusal ? event.refusal->gfp_mask
                                       : Integer();
  std::string words = "request of " + GfpWords(mask, request.gfp);
  if (!request.gfp.may_reclaim && !request.gfp.names.empty()) words += ", must not wait";
  if (request.frees_memory) words += ", of a task that frees memory itself [PF_MEMALLOC]";
  if (request.dying) words += ", of a task that was killed before [it may use of the reserve]";
  return words;
}

// Every zone is followed by what it keeps back, so a report without one such line was cut, and
// other zones may have been lost with it.
bool LacksReserves(const EventFacts& event) {
  return !event.complete &&
         std::none_of(event.zones.begin(), event.zones.end(),
                      [](const auto& zone) { return !zone.lowmem_reserve_pages.empty(); });
}

// What its free lists tell of, which differs by architecture (include/linux/mmzone.h, MAX_ORDER).
int LargestListedOrder(const EventFacts& event) {
  int largest = 0;
  for (const ZoneFacts& zone : event.zones) {
    if (!zone.cells.empty()) largest = std::max(largest, zone.cells.back().order);
  }
  return largest > 0 ? largest : kLargestTestedOrder;
}

// The largest piece that each zone would give to an ordinary request.
std::string ServedUpTo(const BuildInput& input, const EventFacts& event) {
  std::vector<std::optional<int>> largest(event.zones.size());
  bool unknown = false;
  const int last = LargestListedOrder(event);
  for (int order = 0; order <= last; ++order) {
    const std::vector<ZoneCheck> checks = CheckZones(input.facts, event, OrdinaryRequest(order));
    for (std::size_t i = 0; i < checks.size() && i < largest.size(); ++i) {
      if (checks[i].verdict == ZoneVerdict::kServed) largest[i] = order;
      unknown = unknown || (order == 0 && checks[i].verdict == ZoneVerdict::kUnknown);
    }
  }
  std::vector<std::string> words;
  bool at_most = false;  // said of the zone before
  for (std::size_t i = 0; i < largest.size(); ++i) {
    if (!largest[i]) continue;
    const ZoneFacts& zone = event.zones[i];
    const bool listed = !zone.cells.empty() && !ListIsCut(zone);
    const char* const bound = !listed ? "at least " : at_most ? "" : "at most ";
    at_most = listed;
    words.push_back(fmt::format("{}{} from {}", bound, PieceSize(event.page_kb() << *largest[i]),
                                ZoneName(zone)));
  }
  const bool cut = event.rerun->lacks_zones || LacksReserves(event);
  if (words.empty() && (unknown || cut))
    return "What ordinary requests get cannot be told: zones, or what they keep back, are missing.";
  // Not all zones may be in the text, and a request that may wait can still reclaim.
  const bool partly = LeftOutOf(event).any() || !event.complete;
  if (words.empty())
    return fmt::format("Without reclaim, ordinary requests get nothing{}, not even {}.",
                       partly ? " of the zones that are printed" : "", PieceSize(event.page_kb()));
  return fmt::format("Ordinary requests get {}.", JoinWords(words));
}

// Free memory beside the mark, and largest piece, of one ordinary zone.
std::string ZoneWords(const EventFacts& event, const ZoneFacts& zone) {
  std::string words =
      fmt::format("{} free {} = {}", ZoneName(zone), SizeText(*zone.free_kb), TimesMinWords(zone));
  const std::optional<int> largest = LargestOrder(zone);
  if (!largest) return words;
  words += ", largest " + PieceSize(event.page_kb() << *largest);
  const std::optional<int> others = LargestCommonOrder(zone);
  if (others == largest) return words;
  return words + fmt::format(" for atomic requests [H], {} for others",
                             others ? PieceSize(event.page_kb() << *others) : "nothing");
}

std::string OrdinaryZoneWords(const EventFacts& event) {
  std::string words;
  for (const ZoneFacts& zone : event.zones) {
    if (!IsOrdinaryZone(zone.zone) || !zone.free_kb || zone.min_kb.value_or(0) <= 0) continue;
    words += (words.empty() ? "" : "; ") + ZoneWords(event, zone);
  }
  return words + (words.empty() ? "" : ".");
}

std::string IndexWords(const EventFacts& event) {
  std::vector<std::string> values;
  for (const ZoneCheck& check : event.rerun->checks) {
    if (IsOrdinaryZone(check.zone) && check.frag_index && *check.frag_index >= 0) {
      values.push_back(fmt::format("{:.2f}", *check.frag_index));
    }
  }
  if (values.empty() || event.rerun->request.order == 0) return "";
  return fmt::format("Index {} (1 = fragmented)", JoinWords(values));
}

std::vector<int64_t> BlockSizes(const EventFacts& event) {
  std::vector<int64_t> sizes;
  for (const ZoneFacts& zone : event.zones) {
    for (const FreeCell& cell : zone.cells) sizes.push_back(cell.block_kb);
  }
  std::sort(sizes.begin(), sizes.end());
  sizes.erase(std::unique(sizes.begin(), sizes.end()), sizes.end());
  return sizes;
}

// The lists to compare these with: what dropping caches or compaction made of them, else those
// before them.
const Snapshot* ListsBeside(const std::vector<Snapshot>& snapshots, const EventFacts& event) {
  const Snapshot* before = nullptr;
  bool passed = false;
  for (const Snapshot& snapshot : snapshots) {
    if (!snapshot.lists || snapshot.machine == Machine::kOther) continue;
    if (snapshot.lists == &event)
      passed = true;
    else if (!passed)
      before = &snapshot;
    else if (snapshot.after_drop || snapshot.after_compact)
      return &snapshot;
  }
  return passed ? before : nullptr;
}

std::vector<ZoneFacts> WholeLists(const EventFacts& event) {
  std::vector<ZoneFacts> whole;
  std::copy_if(event.zones.begin(), event.zones.end(), std::back_inserter(whole),
               [](const ZoneFacts& zone) { return !ListIsCut(zone); });
  return whole;
}

// Where the counter, which is read first, says another thing than the list.
std::string CounterNote(const std::vector<ZoneCheck>& checks) {
  std::vector<std::string> words;
  for (const ZoneCheck& check : checks) {
    const std::optional<bool> by_counter = PassesByCounter(check);
    if (!by_counter || !check.from_list) continue;
    if (*by_counter == PassesFirstTest(check)) continue;
    words.push_back(
        fmt::format("{} {} [{}]", CheckName(check), *by_counter ? "would pass" : "would not pass",
                    Thousands(*check.usable_pages - *check.free_pages + *check.counter_pages)));
  }
  if (words.empty()) return "";
  return fmt::format("By the counter \"free:\", read a moment before the lists, {}.",
                     JoinWords(words));
}

// How it can be that the zones' figures pass though nothing was given.
std::string PassesNowNote(const Rerun& rerun) {
  std::vector<std::string> fails;
  std::vector<std::string> passes;
  bool known = true;
  for (const ZoneCheck& check : rerun.checks) {
    if (check.verdict != ZoneVerdict::kServed) continue;
    known = known && check.last_try_ok;
    (check.last_try_ok == true ? passes : fails).push_back(LastTryWords(check));
  }
  if (known && passes.empty() && !fails.empty())
    return fmt::format(
        "Above min now: memory may have been freed behind the tries at that mark. The kernel's "
        "last "
        "try before it kills asks for the high mark, and fails by these figures: {}.",
        JoinWords(fails));
  const std::string last = passes.empty()
                               ? ""
                               : fmt::format(
                                     " So it would by the high mark, which the kernel's last try "
                                     "before it kills uses: {}.",
                                     JoinWords(passes));
  return fmt::format(
      "By these figures it would pass now.{} They are read behind the refusal: memory may have "
      "been freed between.",
      last);
}

// Pieces that are there, but of which only atomic requests may take one.
std::string AtomicPiecesNote(const EventFacts& event) {
  const int order = event.rerun->request.order;
  int64_t pieces = 0;
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    if (!event.rerun->checks[i].eligible || event.rerun->checks[i].blocks_ok == true) continue;
    for (const FreeCell& cell : event.zones[i].cells) {
      if (cell.order < order || cell.count == 0) continue;
      if (cell.migrate_types == "H") pieces += cell.count;
    }
  }
  if (pieces == 0 || order == 0) return "";
  return fmt::format("{} from {} on {} there for atomic requests only [(H) in the list].",
                     Counted(pieces, "piece"), PieceSize(event.page_kb() << order),
                     pieces == 1 ? "is" : "are");
}

// Kernels 4.7 to 5.8 let a single page pass on what is kept for atomic requests (mm/page_alloc.c,
// zone_watermark_fast(): "Fast check for order-0 only", 48ee5f3696f6 to f27ce0e14088), so it may
// pass where the row of a larger piece fails for that alone.
std::string SinglePageNote(const IncidentFacts& facts, const EventFacts& event) {
  const KernelVersion kernel = TestedKernel(facts, event);
  const Rerun& rerun = *event.rerun;
  const bool differs = rerun.request.order > 0 && kernel.AtLeast(4, 7) && kernel.Below(5, 9);
  if (!differs || rerun.single_served != true) return "";
  std::vector<std::string> zones;
  for (const ZoneCheck& check : rerun.checks) {
    if (!check.eligible || !check.usable_pages || check.atomic_pages.value_or(0) <= 0) continue;
    const int64_t wanted = *check.mark_pages + check.reserve_pages.value_or(0);
    if (*check.usable_pages <= wanted && *check.usable_pages + *check.atomic_pages > wanted)
      zones.push_back(CheckName(check));
  }
  if (zones.empty()) return "";
  return fmt::format(
      "A single page may pass where the row of {} does not: this kernel leaves what is kept for "
      "atomic requests out of the sum for larger pieces only.",
      JoinWords(zones));
}

void AddAtomicNotes(const IncidentFacts& facts, const EventFacts& event, RerunSection& section) {
  const std::string pieces = AtomicPiecesNote(event);
  const std::string single = SinglePageNote(facts, event);
  if (!pieces.empty()) section.notes.push_back(pieces);
  if (!single.empty()) section.notes.push_back(single);
}

// `bound`: most likely to a node, by what is not printed.
void AddDoubts(const Rerun& rerun, bool bound, RerunSection& section) {
  if (!rerun.release_doubt.empty()) section.notes.push_back(rerun.release_doubt);
  if (rerun.lacks_zones)
    section.notes.emplace_back("The report was cut: more zones have memory than it prints.");
  if (!rerun.request.assumed && rerun.served == true) {
    section.notes.push_back(
        bound ? "Zones of other nodes pass by far: what kept the request from them is not printed."
              : PassesNowNote(rerun));
  }
  const std::string counter = rerun.request.assumed ? "" : CounterNote(rerun.checks);
  if (!counter.empty()) section.notes.push_back(counter);
}

void BuildFreeLists(const BuildInput& input, const EventFacts& event, ReferenceList& references,
                    IncidentReport& report) {
  FreeListSection lists;
  lists.day = DayText(event);
  lists.block_kb = BlockSizes(event);
  lists.zones = WholeLists(event);
  if (lists.zones.empty()) return;
  lists.refs = {ListReference(references, event)};
  if (const Snapshot* const beside = ListsBeside(input.snapshots, event)) {
    const std::string day = DayText(*beside->lists);
    lists.beside_label = SnapshotLabel(*beside) + (day.empty() ? "" : ", " + day);
    lists.beside = WholeLists(*beside->lists);
    lists.beside_refs = {SnapshotReference(references, *beside)};
  }
  report.free_lists.push_back(std::move(lists));
}

}  // namespace

// The memory report that the primary cause rests on, else the first with zones.
const EventFacts* FocusEvent(const BuildInput& input) {
  const Finding* const primary = PrimaryFinding(input.diagnosis);
  const EventFacts* const about = primary ? FindEvent(input.facts, primary->event_id) : nullptr;
  if (about && about->rerun) return about;
  for (const EventFacts& event : input.facts.events) {
    const bool group = event.oom && event.oom->constraint_kind == "memcg";
    if (event.rerun && !group) return &event;
  }
  return nullptr;
}

void BuildReruns(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  const EventFacts* const event = FocusEvent(input);
  // Where a control group's limit was hit, the allocator refused nothing.
  if (!event || (event->oom && event->oom->constraint_kind == "memcg")) return;
  const PieceRequest& request = event->rerun->request;
  const bool plain_look = request.assumed && !ShowsFragmentation(*event);
  const std::string piece = PieceWords(request.order, event->page_kb());
  RerunSection section;
  section.question =
      plain_look ? fmt::format("memory that requests could get{}. In pages", OnDay(DayText(*event)))
      : request.assumed
          ? fmt::format("could {} be had{}? In pages", piece, OnDay(DayText(*event)))
          : fmt::format("{} could not be had{}. In pages", piece, OnDay(DayText(*event)));
  const KernelVersion kernel = TestedKernel(input.facts, *event);
  section.rule = fmt::format("{} ({})", RuleWords(kernel, RuleOf(kernel, *event), *event->rerun),
                             RequestWords(*event));
  section.page_kb = event->page_kb();
  section.rerun = *event->rerun;
  const std::string zones = ShowsFragmentation(*event) ? OrdinaryZoneWords(*event) : "";
  section.notes.push_back(zones.empty() ? ServedUpTo(input, *event) : zones);
  const std::string index = IndexWords(*event);
  if (!index.empty()) section.notes.back() += " " + index;
  AddAtomicNotes(input.facts, *event, section);
  const Finding* const primary = PrimaryFinding(input.diagnosis);
  AddDoubts(*event->rerun, primary && primary->rule == "unprinted_policy", section);
  section.refs = {ZoneReference(references, *event)};
  const std::vector<int64_t> sizes = BlockSizes(*event);
  if (!sizes.empty()) section.refs.push_back(ListReference(references, *event));
  report.why.push_back(std::move(section));
  if (sizes.empty()) return;
  for (const ZoneFacts& zone : event->zones) {
    if (ListIsCut(zone))
      report.why.back().notes.push_back("The free list of " + ZoneName(zone) + " is cut.");
  }
  BuildFreeLists(input, *event, references, report);
}

}  // namespace kautopsy
