#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "reports/builder.h"
#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/gfp_can.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/snapshot_series.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

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

// Whether what the zone keeps back for lower requests [lowmem_reserve] is what shuts this one out:
// its pieces, however many, do not help then.
bool IsKeptBack(const ZoneCheck& check) {
  const int64_t reserve = check.reserve_pages.value_or(0);
  return check.watermark_ok == false && check.steps.empty() &&
         reserve > check.mark_pages.value_or(0);
}

// The zones whose pieces the request of the finding could be given.
struct Zones {
  std::vector<std::string> names;
  bool types_decide = false;  // pieces of the size lie there, but all of them for other requests
};

Zones ZonesToCount(const IncidentFacts& facts, const Finding& finding, int order) {
  Zones zones;
  const EventFacts* const event = FindEvent(facts, finding.event_id);
  if (!event || !event->rerun) return {{"Normal"}, false};
  const std::vector<ZoneCheck>& checks = event->rerun->checks;
  for (std::size_t i = 0; i < checks.size() && i < event->zones.size(); ++i) {
    if (!checks[i].eligible || IsKeptBack(checks[i])) continue;
    if (std::ranges::find(zones.names, checks[i].zone) == zones.names.end())
      zones.names.push_back(checks[i].zone);
    const bool typed = checks[i].blocks_ok == false && event->rerun->request.order <= order;
    zones.types_decide =
        zones.types_decide || (typed && BlocksFrom(event->zones[i], order).value_or(0) > 0);
  }
  if (zones.names.empty()) zones.names.emplace_back("Normal");
  return zones;
}

// The zones as a pattern of awk. "DMA" is a part of "DMA32", so it stands with its blank or comma.
std::string ZonePattern(const Zones& zones) {
  std::string names;
  for (const std::string& name : zones.names) names += (names.empty() ? "" : "|") + name;
  if (zones.names.size() > 1) names = "(" + names + ")";
  if (zones.types_decide) return fmt::format("/ {}, *type *([UM]|Rec)/", names);
  return names == "Normal" ? "/Normal/" : fmt::format("/ {} /", names);
}

// In /proc/buddyinfo "Node 0, zone Normal" are four words, so order 0 is the fifth. In
// /proc/pagetypeinfo "type Movable" stands between, and ">100000" is a count (mm/vmstat.c,
// pagetypeinfo_showfree_print()); Unmovable, Movable and Reclaimable are what any request gets.
std::string LookCommand(const Zones& zones, int order) {
  const std::string_view words = zones.types_decide       ? "$2,$4,$6"
                                 : zones.names.size() > 1 ? "$2,$4"
                                                          : "$2";
  return fmt::format("awk '{}{{{}n=0;for(i={};i<=NF;i++)n+=$i;print {},n}}' /proc/{}",
                     ZonePattern(zones), zones.types_decide ? "gsub(/>/,\"\");" : "",
                     (zones.types_decide ? 7 : 5) + order, words,
                     zones.types_decide ? "pagetypeinfo" : "buddyinfo");
}

std::string_view EachWords(const Zones& zones) {
  if (zones.types_decide)
    return "node, zone and type; not those kept for atomic requests or devices";
  return zones.names.size() > 1 ? "node and zone" : "node";
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

// What helps whoever was refused a piece to get it now, where nothing else is known to be short.
void AddSiteRelief(const BuildInput& input, const Finding* primary, IncidentReport& report) {
  const Finding* const refused = FindFinding(input.diagnosis, "refused_allocation");
  if (!refused || refused->severity == Severity::kInfo) return;
  if (primary && primary->cause != "atomic_high_order") return;
  if (!HasCompaction(KernelOfFinding(input, *refused))) return;
  for (const Advice& advice : refused->advice) {
    if (!advice.for_now) continue;
    const std::size_t comma = advice.act.find(", ");
    const std::string then = comma < advice.act.size() ? advice.act.substr(comma + 2) + "; " : "";
    report.do_now.push_back({"act", advice.act.substr(0, comma), then + advice.why});
    if (!advice.risk.empty()) report.do_now.push_back({"risk", "", advice.risk});
    report.do_now_note = "as root on the host; relieves, does not cure";
    return;
  }
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
  if (!primary || primary->cause != "fragmentation") AddSiteRelief(input, primary, report);
  if (!primary || primary->cause != "fragmentation" || primary->severity == Severity::kInfo) return;
  const bool drop = !DroppingIsInVain(input, *primary);
  if (!drop && !HasCompaction(KernelOfFinding(input, *primary))) return;
  const int order = PieceOrder(input.facts);
  const Zones zones = ZonesToCount(input.facts, *primary, order);
  report.do_now.push_back({"look", LookCommand(zones, order), ""});
  report.do_now.push_back(
      {"", "",
       fmt::format("pieces from {}{} per {}; go on only where near 0.",
                   PieceSize(PieceKb(input.facts)), WhyThisOrder(input.facts, *primary, order),
                   EachWords(zones))});
  // Where it is not sure that pieces are lacking, nothing is changed before that is seen.
  const bool sure = primary->confidence > Confidence::kLow;
  report.do_now_note = sure ? "as root on the host; relieves, does not cure"
                            : "collect this first: the cause is not sure";
  if (!sure) {
    report.do_now.back().text.resize(report.do_now.back().text.rfind(';'));
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
