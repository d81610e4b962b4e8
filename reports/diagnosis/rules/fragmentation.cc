#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "reports/diagnosis/call_words.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/gfp_can.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/rules/compact_ahead.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/host_advice.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/rules/smaller_request.h"
#include "reports/diagnosis/snapshots.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Another moment of the same machine that agrees: no piece of `order` in the ordinary zones.
const EventFacts* SecondWitness(const IncidentFacts& facts, const EventFacts& event, int order) {
  for (const Snapshot& snapshot : CollectSnapshots(facts)) {
    const bool other = snapshot.machine == Machine::kOther;
    if (other || !snapshot.lists || snapshot.lists == &event) continue;
    if (PiecesFrom(snapshot, order, std::nullopt) == 0) return snapshot.lists;
  }
  return nullptr;
}

const EventFacts* LastRefusal(const IncidentFacts& facts) {
  const EventFacts* last = nullptr;
  for (const EventFacts& event : facts.events) {
    if (event.refusal && event.refusal->order.value_or(0) > 0) last = &event;
  }
  return last;
}

std::string Title(const IncidentFacts& facts, const EventFacts& event) {
  Integer free_kb = OrdinaryFreeKb(event);
  if (event.mem && event.mem->free_pages) free_kb = *event.mem->free_pages * event.page_kb();
  const std::string range = PieceRange(event);
  const PieceRequest& request = event.rerun->request;
  const std::string piece = PieceSize(event.page_kb() << request.order);
  const std::optional<int> largest = LargestPiece(event);
  const bool none_larger = largest && *largest < request.order;
  const std::string had = fmt::format("{} had {} of memory free, but", OnDayHost(facts, event),
                                      SizeText(free_kb.value_or(0)));
  if (none_larger)
    return fmt::format("{} in pieces of {}; no larger piece could be had.", had, range);
  return fmt::format("{} no piece of {} that a request could be given.", had, piece);
}

void AddZones(const EventFacts& event, Finding& finding) {
  for (const ZoneCheck& check : event.rerun->checks) {
    finding.explanation += " " + CheckWords(check) + ".";
  }
  for (const ZoneFacts* const zone : MainZones(event)) {
    finding.evidence.push_back(ZoneEvidence(event, *zone));
    finding.evidence.push_back(FreeListEvidence(event, *zone));
  }
}

void AddWitness(const EventFacts& witness, int order, Finding& finding) {
  for (const ZoneFacts* const zone : MainZones(witness))
    finding.evidence.push_back(FreeListEvidence(witness, *zone));
  finding.explanation +=
      fmt::format(" At another moment the same machine had no piece of {} and more either.",
                  PieceSize(witness.page_kb() << order));
}

std::string_view CompactionWords(const GfpMeaning& gfp, const KernelVersion& kernel) {
  if (!HasCompaction(kernel)) return " This kernel cannot join small pieces [compaction].";
  switch (CompactionFor(gfp, kernel)) {
    case Compaction::kNone:
      return " The kernel joins no pieces for a request that allows so little [GFP_NOIO, before "
             "4.10 "
             "GFP_NOFS too]: it depends on those that lie free.";
    case Compaction::kProgramPages:
      return " For a request that may not enter filesystems [GFP_NOFS] only pages of programs are "
             "moved, none of the file cache.";
    case Compaction::kAll:
      break;
  }
  return "";
}

bool IsHindered(const IncidentFacts& facts, const EventFacts& event) {
  const PieceRequest& request = event.rerun->request;
  return !request.assumed && !HinderedBy(request.gfp, KernelOf(facts, event)).empty();
}

// Where the caller's mask stands in the way, what its maintainers can do comes first.
void AdviseCaller(const IncidentFacts& facts, const EventFacts& event, const PieceRequest& request,
                  Finding& finding) {
  const CallPath path = ReadCallPath(facts, event);
  std::optional<Advice> site = SiteAdvice(facts, event, path);
  if (path.harm == Harm::kHarmless) site.reset();
  std::optional<Advice> smaller = SmallerRequest(facts, event, request);
  // What is known of the very place says more than that somebody should ask for less.
  const bool says_more = !site || !path.driver.empty() || DevicesSleep(event);
  if (smaller && says_more) finding.advice.push_back(std::move(*smaller));
  if (site) finding.advice.push_back(std::move(*site));
}

// Smaller guests leave the host memory in which pieces last, and what lies in huge pages does not
// crumble: where their size can be computed, joining pieces is but a relief.
bool AdviseGuests(const IncidentFacts& facts, Finding& finding) {
  const std::vector<Snapshot> snapshots = CollectSnapshots(facts);
  std::optional<Advice> guests = GuestsBySnapshot(facts, snapshots);
  if (!guests) return false;
  guests->check = fmt::format("{} pieces remain", PieceSize(PieceKb(facts)));
  finding.advice.push_back(std::move(*guests));
  if (std::optional<Advice> huge = HugePagesForGuests(facts, snapshots))
    finding.advice.push_back(std::move(*huge));
  return true;
}

// Pieces that only callers lack who take another way do no harm.
Severity SeverityOf(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.kills.empty()) return Severity::kMajor;
  const bool harmless = IsHarmlessRefusal(facts, event) &&
                        std::ranges::none_of(facts.events, [&](const EventFacts& other) {
                          return other.oom || (other.refusal && !IsHarmlessRefusal(facts, other));
                        });
  return harmless ? Severity::kInfo : Severity::kMinor;
}

Finding Describe(const IncidentFacts& facts, const EventFacts& event) {
  Finding finding;
  finding.rule = "fragmentation";
  finding.cause = "fragmentation";
  finding.role = Role::kPrimary;
  finding.severity = SeverityOf(facts, event);
  finding.event_id = event.id;
  finding.title = Title(facts, event);
  finding.brief = "memory is fragmented";
  finding.when = DayText(event);
  const PieceRequest& request = event.rerun->request;
  finding.explanation = fmt::format(
      "{}: {}, in pages, by the rule of this kernel:",
      request.assumed ? "No request is in the text; the smallest ordinary one that is refused"
                      : "The refused request",
      PieceWords(request.order, event.page_kb()));
  AddZones(event, finding);
  finding.explanation += CompactionWords(request.gfp, KernelOf(facts, event));
  if (IsHindered(facts, event)) AdviseCaller(facts, event, request, finding);
  const int order = std::max(PieceOrder(facts), request.order);
  const bool sized = AdviseGuests(facts, finding);
  if (!sized)
    finding.advice.push_back(CompactAhead(KernelOf(facts, event), event.page_kb() << order));
  if (!sized && !IsHindered(facts, event)) AdviseCaller(facts, event, request, finding);
  return finding;
}

// The lists are sure; but where the kernel may not even try to make the piece, they are only half
// of the cause.
void BlameRequest(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  const GfpMeaning& gfp = event.rerun->request.gfp;
  const bool tries = CompactionFor(gfp, KernelOf(facts, event)) != Compaction::kNone;
  if (tries || !IsHindered(facts, event)) return;
  const std::string_view hindered = HinderedBy(gfp, KernelOf(facts, event));
  finding.title.pop_back();
  finding.title += fmt::format(", and for such a request [{}] the kernel may make none.", hindered);
  finding.brief += fmt::format(", and the request lets the kernel make no piece [{}]", hindered);
  finding.confidence = std::min(finding.confidence, Confidence::kMedium);
  finding.confidence_why = "no piece lay free; whether one could be made, nobody tried";
}

// The zone's sum at its tightest, on the counter `free:` in place of the list; none without one.
Integer MarginByCounter(const ZoneCheck& check) {
  if (!check.counter_pages || !check.free_pages || !check.margin_pages) return std::nullopt;
  return *check.margin_pages - *check.free_pages + check.isolated_pages + *check.counter_pages;
}

// Whether the zone serves the request, by the list that is read behind the refusal, and yet so
// barely that it tells nothing of the moment before: by the counter it fails, or it stands hardly
// above its mark, or hardly any of what is free is in pieces of the size.
bool BarelyServes(const ZoneCheck& check) {
  constexpr double kHardlyShare = 0.05;
  if (check.verdict != ZoneVerdict::kServed || !check.free_pages || !check.margin_pages)
    return false;
  const Integer by_counter = MarginByCounter(check);
  if (by_counter && *by_counter <= 0) return true;
  return ShareOf(*check.margin_pages, *check.free_pages) <= kHardlyShare ||
         check.unusable_index.value_or(0) >= 1 - kHardlyShare;
}

// The figures do not contradict what the mode of the request says.
bool FiguresLeaveOpen(const EventFacts& event) {
  if (!event.rerun) return event.zones.empty();
  if (event.rerun->request.assumed || event.rerun->single_served != true) return false;
  bool any = false;
  for (const ZoneCheck& check : event.rerun->checks) {
    if (!check.eligible || check.verdict == ZoneVerdict::kNotServed) continue;
    // Its list is cut, so only whether it has the piece is open.
    const bool lacks_list =
        check.verdict == ZoneVerdict::kUnknown && !check.blocks_ok && check.watermark_ok == true;
    if (!lacks_list && !BarelyServes(check)) return false;
    any = true;
  }
  return any;
}

std::string BarelyWords(const ZoneCheck& check, int order, int64_t page_kb) {
  std::string words = fmt::format(
      " By the list, read behind the refusal, {} would pass by {} pages of {} free, {} % of them "
      "in "
      "pieces of {} and more",
      CheckName(check), Thousands(*check.margin_pages), Thousands(*check.free_pages),
      PercentNumber(1 - check.unusable_index.value_or(0), 1), PieceSize(page_kb << order));
  const Integer by_counter = MarginByCounter(check);
  if (!by_counter) return words + ".";
  return words + fmt::format("; by the counter \"free:\", read a moment before, it {} by {}.",
                             *by_counter > 0 ? "passes" : "fails",
                             Thousands(*by_counter > 0 ? *by_counter : 1 - *by_counter));
}

// Without a memory report, or where its figures leave it open, the mode alone speaks: a request
// that may reclaim gets single pages, or the OOM killer runs, so a costly order that is refused
// lacks the piece (mm/page_alloc.c of 5.10,
// __alloc_pages_slowpath(): "Do not retry costly high order allocations"). Not where the request is
// bound to a node or to low zones, or where other records of the incident tell of memory.
const EventFacts* CostlyRefusal(const IncidentFacts& facts) {
  const bool other = std::any_of(facts.events.begin(), facts.events.end(), [](const auto& event) {
    const bool told = event.rerun && !(event.refusal && FiguresLeaveOpen(event));
    return event.oom || told || !event.kills.empty() || event.crash;
  });
  for (const EventFacts& event : facts.events) {
    if (other || event.kind != "alloc_failure" || !event.refusal || !FiguresLeaveOpen(event))
      continue;
    const std::optional<PieceRequest> request = RequestOf(facts, event);
    if (!request || request->order <= kCostlyOrder || request->order > kLargestTestedOrder)
      continue;
    const bool known = !request->gfp.names.empty() && request->gfp.may_reclaim;
    const bool bound = request->gfp.this_node || request->gfp.highest < HighestZone::kNormal;
    if (known && !bound) return &event;
  }
  return nullptr;
}

void AddBarely(const EventFacts& event, Finding& finding) {
  if (!event.rerun) return;
  for (std::size_t i = 0; i < event.rerun->checks.size() && i < event.zones.size(); ++i) {
    const ZoneCheck& check = event.rerun->checks[i];
    if (!check.eligible || !BarelyServes(check)) continue;
    finding.explanation += BarelyWords(check, event.rerun->request.order, event.page_kb());
    finding.evidence.push_back(ZoneEvidence(event, event.zones[i]));
    finding.evidence.push_back(FreeListEvidence(event, event.zones[i]));
  }
}

Finding DescribeCostly(const IncidentFacts& facts, const EventFacts& event) {
  const PieceRequest request = *RequestOf(facts, event);
  const Compaction compaction = CompactionFor(request.gfp, KernelOf(facts, event));
  const CallPath path = ReadCallPath(facts, event);
  const bool tried = compaction == Compaction::kAll && !request.gfp.gives_up;
  Finding finding;
  finding.rule = "fragmentation";
  finding.cause = "fragmentation";
  finding.role = Role::kPrimary;
  finding.severity = HarmSeverity(path);
  finding.confidence = tried ? Confidence::kMedium : Confidence::kLow;
  finding.confidence_why =
      !tried        ? "by size and mode alone, and the kernel did little to make the piece"
      : event.rerun ? "it follows from size and mode; the figures, read behind it, barely pass"
                    : "it follows from size and mode; no memory report is in the text";
  finding.event_id = event.id;
  finding.when = DayText(event);
  // Figures that barely pass are of the moment behind it.
  finding.title =
      fmt::format("{} {} {} a request that may reclaim{}.", OnDayHost(facts, event),
                  event.rerun ? "refused" : "had no",
                  PieceWords(request.order, event.page_kb()) + (event.rerun ? " to" : " for"),
                  HarmlessWords(path));
  finding.brief = "memory is fragmented, by the mode of the request";
  finding.explanation =
      "A request that may reclaim is given single pages, or the OOM killer runs. For a piece of "
      "more than order 3 the kernel gives up after a few tries, so what was lacking is the piece.";
  if (!event.rerun) finding.explanation += " How much was free is not in the text.";
  AddBarely(event, finding);
  finding.explanation += CompactionWords(request.gfp, KernelOf(facts, event));
  const std::string site = SiteWords(path, request.order);
  if (!site.empty()) finding.explanation += " " + site;
  AdviseCaller(facts, event, request, finding);
  if (tried && path.harm != Harm::kHarmless)
    finding.advice.push_back(
        CompactAhead(KernelOf(facts, event), event.page_kb() << request.order));
  finding.evidence.push_back(HeaderEvidence(event));
  return finding;
}

}  // namespace

// Memory is free, single pages can be had, and yet no zone serves an ordinary request of a size at
// which the kernel reclaims first, and compacts as far as the request allows it.
std::optional<Finding> RuleFragmentation(const IncidentFacts& facts) {
  const auto found =
      std::find_if(facts.events.begin(), facts.events.end(),
                   [](const EventFacts& event) { return ShowsFragmentation(event); });
  if (found == facts.events.end()) {
    const EventFacts* const costly = CostlyRefusal(facts);
    return costly ? std::optional(DescribeCostly(facts, *costly)) : std::nullopt;
  }
  Finding finding = Describe(facts, *found);
  const int order = std::max(PieceOrder(facts), found->rerun->request.order);
  const EventFacts* const witness = SecondWitness(facts, *found, order);
  const EventFacts* const refusal = LastRefusal(facts);
  if (refusal && refusal != &*found) {
    finding.when += finding.when.empty() ? DayText(*refusal) : " and " + DayText(*refusal);
    finding.evidence.push_back(HeaderEvidence(*refusal));
  }
  if (witness) AddWitness(*witness, order, finding);
  // A refused request of the log, or another record, is the second fact beside the arithmetic.
  const bool second = !found->rerun->request.assumed || witness || (refusal && refusal != &*found);
  const bool bare = !found->rerun->request.assumed &&
                    (!found->mem || std::ranges::none_of(found->zones, [](const ZoneFacts& zone) {
                      return zone.min_kb.has_value();
                    }));
  finding.confidence = second && !bare ? Confidence::kHigh : Confidence::kMedium;
  finding.confidence_why = bare      ? "not all of the request's memory report is in the text"
                           : !second ? "no request and no second moment in the text"
                           : witness ? "the arithmetic of one moment, and another moment agrees"
                                     : "the arithmetic, and the refusal itself";
  BlameRequest(facts, *found, finding);
  return finding;
}

}  // namespace kautopsy
