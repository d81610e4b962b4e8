#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {

// A request with __GFP_THISNODE may use one node only, and the report does not say which; it fails
// and never starts the OOM killer (mm/page_alloc.c, __alloc_pages_may_oom()). Told where one node
// had less than its min mark and another plenty.
std::optional<Finding> RuleBoundToNode(const IncidentFacts& facts) {
  constexpr int64_t kRoomyTimesHigh = 2;
  for (const EventFacts& event : facts.events) {
    if (!event.refusal || !event.rerun || !event.rerun->request.gfp.this_node) continue;
    const ZoneFacts* empty = nullptr;
    const ZoneFacts* roomy = nullptr;
    for (const ZoneFacts& zone : event.zones) {
      if (!zone.node || !zone.free_kb || !zone.min_kb || !IsOrdinaryZone(zone.zone)) continue;
      if (!empty && *zone.free_kb <= *zone.min_kb) empty = &zone;
      if (!roomy && *zone.free_kb > kRoomyTimesHigh * zone.high_kb.value_or(*zone.min_kb))
        roomy = &zone;
    }
    if (!empty || !roomy || empty->node == roomy->node) continue;
    Finding finding = DraftCause("numa_constraint", event);
    finding.rule = "bound_to_node";
    finding.confidence = Confidence::kLow;
    finding.confidence_why = "which node the request was bound to is not in the text";
    finding.title = fmt::format("{} refused memory of one node while {} were free on node {}.",
                                OnDayHost(facts, event), SizeText(*roomy->free_kb), *roomy->node);
    finding.brief = "memory of one node used up";
    finding.explanation = fmt::format(
        "The request may use one node only [__GFP_THISNODE]; {} has {} free, its min is {}.",
        ZoneName(*empty), SizeText(*empty->free_kb), SizeText(*empty->min_kb));
    finding.advice.push_back({"numastat -m", "shows what fills that node", "",
                              fmt::format("free of node {} in /proc/zoneinfo", *empty->node)});
    finding.evidence.push_back(HeaderEvidence(event));
    finding.evidence.push_back(ZoneEvidence(event, *empty));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
