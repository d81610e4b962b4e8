#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshots.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// A kill for what may not lie in high memory, by a report without zones.
bool AsksForLowMemory(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.oom || event.oom->sysrq || event.rerun || OfGroup(event)) return false;
  const std::optional<PieceRequest> request = RequestOf(facts, event);
  return request && (event.oom->gfp_mask || event.oom->gfp_flags) &&
         request->gfp.highest <= HighestZone::kNormal;
}

}  // namespace

// On a 32-bit kernel its own requests use low memory only, which is less than what it can reach at
// once. Where the zones are not printed but free(1) or /proc/meminfo beside the log shows more free
// than that, what is free lies above.
std::optional<Finding> RuleUnprintedLowZone(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const Integer reach_kb = AddressSpaceKb(event);
    if (!reach_kb || !AsksForLowMemory(facts, event)) continue;
    for (const Snapshot& snapshot : CollectSnapshots(facts)) {
      const bool shows = snapshot.values && snapshot.machine != Machine::kOther &&
                         snapshot.free_kb.value_or(0) > *reach_kb;
      if (!shows) continue;
      Finding finding = DraftCause("low_zone", event);
      finding.rule = "unprinted_low_zone";
      finding.severity = Severity::kMajor;
      finding.confidence = Confidence::kMedium;
      finding.confidence_why = "the zones are not printed; when that memory was free is not sure";
      finding.title = fmt::format(
          "{} killed for a request that needs low memory, with {} free, most of it in high memory.",
          OnDayHost(facts, event), SizeText(*snapshot.free_kb));
      finding.brief = "low memory used up [32-bit kernel]";
      finding.explanation = fmt::format(
          "This 32-bit kernel, whose code is at {:#x}, can reach {} at once; its own data has to "
          "be "
          "in that [low memory], and {} were free.",
          *event.lowest_address, SizeText(*reach_kb), SizeText(*snapshot.free_kb));
      finding.advice.push_back({"a 64-bit kernel", "it has no such limit",
                                "needs a 64-bit processor; 32-bit programs run on it",
                                "no HighMem line in the next memory report"});
      finding.advice.push_back({"grep -E 'LowFree|Slab' /proc/meminfo; slabtop -o -s c",
                                "shows what fills low memory", "", "LowFree, once an hour"});
      finding.evidence.push_back(HeaderEvidence(event));
      finding.evidence.push_back(CounterEvidence(*snapshot.values, "Mem"));
      return finding;
    }
  }
  return std::nullopt;
}

}  // namespace kautopsy
