#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/gfp_can.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshots.h"
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
  std::optional<int> largest;
  for (const ZoneFacts& zone : event.zones) {
    const std::optional<int> order = LargestOrder(zone);
    if (IsOrdinaryZone(zone.zone) && order) largest = std::max(largest.value_or(0), *order);
  }
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
  for (const ZoneFacts& zone : event.zones) {
    if (!IsOrdinaryZone(zone.zone)) continue;
    finding.evidence.push_back(ZoneEvidence(event, zone));
    finding.evidence.push_back(FreeListEvidence(event, zone));
  }
}

void AddWitness(const EventFacts& witness, int order, Finding& finding) {
  for (const ZoneFacts& zone : witness.zones) {
    if (IsOrdinaryZone(zone.zone)) finding.evidence.push_back(FreeListEvidence(witness, zone));
  }
  finding.explanation +=
      fmt::format(" At another moment the same machine had no piece of {} and more either.",
                  PieceSize(witness.page_kb() << order));
}

// Kernels since 5.9 can join pieces before they are asked for
// (Documentation/admin-guide/sysctl/vm.rst, compaction_proactiveness; 20 by default), older ones
// only on demand.
Advice Compact(const KernelVersion& kernel, const EventFacts& event) {
  const bool proactive = kernel.AtLeast(5, 9);
  const std::string piece = PieceSize(event.page_kb() << event.rerun->request.order);
  Advice advice;
  advice.act = proactive ? "vm.compaction_proactiveness=50 (20 by default)"
                         : "echo 1 > /proc/sys/vm/compact_memory in a quiet hour, from cron";
  advice.why =
      "joins small pieces before they are asked for; more free memory makes it last longer";
  advice.risk = proactive ? "the kernel spends more time on it" : "requests stall while it runs";
  advice.check = fmt::format("pieces of {} and more in /proc/buddyinfo stay above 0", piece);
  return advice;
}

std::string_view CompactionWords(Compaction compaction) {
  switch (compaction) {
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

Finding Describe(const IncidentFacts& facts, const EventFacts& event) {
  Finding finding;
  finding.rule = "fragmentation";
  finding.cause = "fragmentation";
  finding.role = Role::kPrimary;
  finding.severity = event.kills.empty() ? Severity::kMinor : Severity::kMajor;
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
  finding.explanation += CompactionWords(CompactionFor(request.gfp, KernelOf(facts, event)));
  finding.advice.push_back(Compact(KernelOf(facts, event), event));
  return finding;
}

}  // namespace

// Memory is free, single pages can be had, and yet no zone serves an ordinary request of a size at
// which the kernel reclaims first, and compacts as far as the request allows it.
std::optional<Finding> RuleFragmentation(const IncidentFacts& facts) {
  const auto found =
      std::find_if(facts.events.begin(), facts.events.end(),
                   [](const EventFacts& event) { return ShowsFragmentation(event); });
  if (found == facts.events.end()) return std::nullopt;
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
  const bool bare = !found->mem && !found->rerun->request.assumed;
  finding.confidence = second && !bare ? Confidence::kHigh : Confidence::kMedium;
  finding.confidence_why = bare      ? "the memory report of the request is not in the text"
                           : !second ? "no request and no second moment in the text"
                           : witness ? "the arithmetic of one moment, and another moment agrees"
                                     : "the arithmetic, and the refusal itself";
  return finding;
}

}  // namespace kautopsy
