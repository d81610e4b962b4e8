#include <fmt/core.h>

#include <algorithm>

#include "reports/builder.h"
#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/gfp_can.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/signature.h"
#include "reports/diagnosis/snapshot_series.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/guest_size.h"

namespace kautopsy {
namespace {

VerdictLine ToLine(const Finding& finding, std::string label) {
  VerdictLine line;
  line.label = std::move(label);
  line.text = finding.brief;
  line.code = finding.role == Role::kRuledOut ? "" : finding.cause.value_or("");
  line.when = finding.role == Role::kRuledOut ? "" : finding.when;
  line.confidence = ConfidenceName(finding.confidence);
  return line;
}

// The kill's own lines say what the primary cause says: a group's limit, or a binding to nodes.
bool StatesCause(const EventFacts& event, const Finding& primary) {
  if (primary.cause == "memcg_limit") return OfGroup(event);
  const bool bound =
      event.oom && event.oom->constraint_kind && event.oom->constraint_kind != "none";
  return primary.cause == "numa_constraint" && bound;
}

// Kills that the primary cause does not explain, because their own day holds no memory report.
void AddUnsureKill(const BuildInput& input, const Finding* primary, IncidentReport& report) {
  for (const EventFacts& event : input.facts.events) {
    const bool explained = primary && primary->event_id == event.id;
    if (event.kills.empty() || explained || event.mem || !primary) continue;
    if (StatesCause(event, *primary)) continue;
    VerdictLine line;
    line.label = "unsure";
    const std::string day = DayText(event);
    line.text = fmt::format("whether it caused the kill{}: no memory report then",
                            day.empty() ? "" : " of " + day);
    line.confidence = "low";
    report.verdict.push_back(std::move(line));
    return;
  }
}

void AddCure(const BuildInput& input, IncidentReport& report) {
  const std::optional<GuestSize> size = SizeGuests(input.facts, input.snapshots);
  if (!size || report.for_good.empty()) return;
  VerdictLine line;
  line.label = "cure";
  line.text = fmt::format("smaller guests: at most {} GiB each, {} then (FOR GOOD 1)",
                          size->gib_each, GibNumber(size->largest_kb));
  report.verdict.push_back(std::move(line));
}

const Snapshot* LargestCache(const BuildInput& input) {
  const Snapshot* largest = nullptr;
  for (const Snapshot& snapshot : input.snapshots) {
    if (snapshot.machine == Machine::kOther || !snapshot.cache_kb || snapshot.dated()) continue;
    if (!snapshot.lists && !snapshot.values->ValueKb("MemTotal")) continue;
    if (!largest || *snapshot.cache_kb > *largest->cache_kb) largest = &snapshot;
  }
  return largest;
}

std::string CacheCondition(const BuildInput& input, ReferenceList& references) {
  std::string text = "only if still 0 and the cache is large";
  const Snapshot* const largest = LargestCache(input);
  if (!largest) return text;
  const EventFacts& first = *largest->events.front();
  text += fmt::format(
      " ({} in [{}]", SizeText(*largest->cache_kb),
      first.mem ? CounterReference(references, first) : SnapshotReference(references, *largest));
  for (const Snapshot& snapshot : input.snapshots) {
    if (!snapshot.dated() || !snapshot.cache_kb) continue;
    text += fmt::format(", but {}{}", SizeText(*snapshot.cache_kb),
                        OnDay(DayText(*snapshot.events.front())));
    break;
  }
  return text + "); then the first again";
}

std::string SeenBefore(const BuildInput& input, int order, ReferenceList& references) {
  const std::optional<AfterCompaction> after = FindAfterCompaction(input.snapshots, order);
  if (!after) return "";
  std::string text =
      fmt::format("{}, {} such pieces were seen here [{}]",
                  after->snapshot->after_drop ? "after both" : "after it", Thousands(after->pieces),
                  SnapshotReference(references, *after->snapshot));
  if (after->later) {
    text += fmt::format("; later {} again [{}]", Thousands(after->later_pieces.value_or(0)),
                        SnapshotReference(references, *after->later));
  }
  return text;
}

// What happened one after the other, and before, and elsewhere.
void AddHistory(const BuildInput& input, IncidentReport& report) {
  constexpr std::pair<std::string_view, const char*> kLabels[] = {
      {"course", "course"}, {"recurrence", "again"}, {"continuation", "again"}, {"trend", "grows"}};
  for (const auto& [rule, label] : kLabels) {
    for (const Finding& finding : input.diagnosis.findings) {
      if (finding.rule == rule) report.verdict.push_back(ToLine(finding, label));
    }
  }
  if (report.elsewhere.empty()) return;
  constexpr std::size_t kMostNamed = 3;
  std::vector<std::string> hosts;
  for (const Elsewhere& other : report.elsewhere) {
    if (hosts.size() < kMostNamed)
      hosts.push_back(fmt::format("{} ({})", other.host, Thousands(other.incidents)));
  }
  const auto more = static_cast<int64_t>(report.elsewhere.size() - hosts.size());
  if (more > 0) hosts.push_back(Counted(more, "more host"));
  const std::string same =
      NamesCulprit(report.line.signature) ? "the same on " : "the same cause on ";
  report.verdict.push_back({"elsewhere", same + JoinWords(hosts), "", "", ""});
}

}  // namespace

void BuildVerdict(const BuildInput& input, IncidentReport& report) {
  const Finding* const primary = PrimaryFinding(input.diagnosis);
  const Finding* const stated = FindFinding(input.diagnosis, "userspace_kill");
  if (primary) {
    report.verdict.push_back(ToLine(*primary, "cause"));
  } else {
    const char* const what = stated ? "why memory was short is not in the text" : "not in the text";
    report.verdict.push_back({"cause", what, "unknown", "", "low"});
  }
  if (stated) {
    report.verdict.push_back(ToLine(*stated, "killed by"));
    report.verdict.back().when.clear();
  }
  AddUnsureKill(input, primary, report);
  for (const Finding& finding : input.diagnosis.findings) {
    if (finding.role == Role::kContributing) report.verdict.push_back(ToLine(finding, "helped"));
    if (finding.role == Role::kRuledOut) report.verdict.push_back(ToLine(finding, "ruled out"));
  }
  if (input.facts.ended_boot)
    report.verdict.push_back(
        {"end", "the boot ended with this crash: no orderly shutdown follows", "", "", ""});
  AddHistory(input, report);
  if (const Finding* const settings = FindFinding(input.diagnosis, "settings"))
    report.verdict.push_back(ToLine(*settings, "set"));
  AddCure(input, report);
}

namespace {

// The zones that the request of the finding could use, for awk: "Normal", "DMA32|Normal".
std::string ZonePattern(const IncidentFacts& facts, const Finding& finding) {
  const EventFacts* const event = FindEvent(facts, finding.event_id);
  std::string pattern;
  bool ordinary = false;
  for (std::size_t i = 0; event && event->rerun && i < event->rerun->checks.size(); ++i)
    ordinary = ordinary ||
               (event->rerun->checks[i].eligible && IsOrdinaryZone(event->rerun->checks[i].zone));
  for (std::size_t i = 0; event && event->rerun && i < event->rerun->checks.size(); ++i) {
    const ZoneCheck& check = event->rerun->checks[i];
    const bool listed = ("|" + pattern + "|").find("|" + check.zone + "|") != std::string::npos;
    if (!check.eligible || listed || (ordinary && !IsOrdinaryZone(check.zone))) continue;
    pattern += (pattern.empty() ? "" : "|") + check.zone;
  }
  return pattern.empty() ? "Normal" : pattern;
}

// Why pieces of `order` are counted, where WHY is about another size; else empty.
std::string WhyThisOrder(const IncidentFacts& facts, const Finding& finding, int order) {
  const EventFacts* const shown = FindEvent(facts, finding.event_id);
  if (!shown || !shown->rerun || shown->rerun->request.order == order) return "";
  for (const EventFacts& event : facts.events) {
    const bool refused = event.refusal && event.refusal->order == order;
    if (!refused && !(event.oom && event.oom->order == order)) continue;
    const std::string day = DayText(event);
    return fmt::format(" ({}{}{})", refused ? "refused" : "asked for", day.empty() ? "" : " ", day);
  }
  return fmt::format(" (WHY: none from {})",
                     PieceSize(shown->page_kb() << shown->rerun->request.order));
}

}  // namespace

namespace {

// Dropping gives back files' pages and kernel objects, not tmpfs or shared memory
// (fs/drop_caches.c): in vain where hardly any of these were there.
bool DroppingIsInVain(const BuildInput& input, const Finding& finding) {
  constexpr int64_t kNothingShare = 100;
  const EventFacts* const event = FindEvent(input.facts, finding.event_id);
  const Integer ram_kb = event ? RamKb(input.facts, *event) : Integer();
  if (!ram_kb || !event->mem) return false;
  // Kernels before 2.6.28 print one sum of both kinds.
  const Integer slab_pages = event->mem->slab_reclaimable_pages ? event->mem->slab_reclaimable_pages
                                                                : event->mem->slab_pages;
  if (!slab_pages) return false;
  int64_t most_kb = *slab_pages * event->page_kb();
  for (const Snapshot& snapshot : input.snapshots) {
    if (snapshot.machine == Machine::kOther || !snapshot.cache_kb) continue;
    most_kb = std::max(most_kb, *snapshot.cache_kb);
  }
  return most_kb < *ram_kb / kNothingShare;
}

KernelVersion KernelOfFinding(const BuildInput& input, const Finding& finding) {
  const EventFacts* const event = FindEvent(input.facts, finding.event_id);
  return event ? KernelOf(input.facts, *event) : KernelVersion();
}

void AddRelief(const BuildInput& input, const Finding& primary, bool drop,
               ReferenceList& references, IncidentReport& report) {
  const KernelVersion kernel = KernelOfFinding(input, primary);
  if (HasCompaction(kernel)) {
    report.do_now.push_back(
        {"act", "echo 1 > /proc/sys/vm/compact_memory",
         kernel.known() ? "joins small pieces; look again"
                        : "joins small pieces, if the kernel can (2.6.35 on); look again"});
  }
  if (!drop) return;
  const char* const label = HasCompaction(kernel) ? "" : "act";
  report.do_now.push_back(
      {label, "echo 3 > /proc/sys/vm/drop_caches", CacheCondition(input, references)});
}

}  // namespace

void BuildDoNow(const BuildInput& input, ReferenceList& references, IncidentReport& report) {
  const Finding* const primary = PrimaryFinding(input.diagnosis);
  if (!primary || primary->cause != "fragmentation" || primary->severity == Severity::kInfo) return;
  const bool drop = !DroppingIsInVain(input, *primary);
  if (!drop && !HasCompaction(KernelOfFinding(input, *primary))) return;
  const int order = PieceOrder(input.facts);
  // In /proc/buddyinfo "Node 0, zone Normal" are four words, so order 0 is the fifth.
  const int first_field = 5 + order;
  report.do_now.push_back(
      {"look",
       fmt::format("awk '/{}/{{n=0;for(i={};i<=NF;i++)n+=$i;print $2,n}}' /proc/buddyinfo",
                   ZonePattern(input.facts, *primary), first_field),
       ""});
  report.do_now.push_back({"", "",
                           fmt::format("pieces from {}{} per node; go on only where near 0.",
                                       PieceSize(EventFacts::kUsualPageKb << order),
                                       WhyThisOrder(input.facts, *primary, order))});
  // Where it is not sure that pieces are lacking, nothing is changed before that is seen.
  const bool sure = primary->confidence > Confidence::kLow;
  report.do_now_note = sure ? "as root on the host; relieves, does not cure"
                            : "collect this first: the cause is not sure";
  if (!sure) {
    report.do_now.back().text.resize(report.do_now.back().text.find(';'));
    report.do_now.back().text += " are lacking only where near 0";
    return;
  }
  AddRelief(input, *primary, drop, references, report);
  const std::string seen = SeenBefore(input, order, references);
  if (!seen.empty()) report.do_now.push_back({"why", "", seen});
  report.do_now.push_back({"risk", "",
                           drop ? "stalls while it runs; after dropping, the disks refill the cache"
                                : "stalls while it runs"});
}

}  // namespace kautopsy
