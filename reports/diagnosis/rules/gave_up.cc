#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

// A zone without pages that reclaim could take always says yes, which means nothing.
bool HasLists(const ZoneFacts& zone) {
  return zone.active_anon_kb.value_or(0) + zone.inactive_anon_kb.value_or(0) +
             zone.active_file_kb.value_or(0) + zone.inactive_file_kb.value_or(0) >
         0;
}

}  // namespace

// "all_unreclaimable? yes": reclaim had scanned all it has and freed nothing. Of zones until v4.7,
// of nodes since (mm/page_alloc.c, show_free_areas()).
std::optional<Finding> RuleGaveUp(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.oom || !IsShortage(event)) continue;
    const auto node =
        std::find_if(event.nodes.begin(), event.nodes.end(),
                     [](const NodeFacts& one) { return one.all_unreclaimable == true; });
    const auto zone = std::find_if(
        event.zones.begin(), event.zones.end(),
        [](const ZoneFacts& one) { return one.all_unreclaimable == true && HasLists(one); });
    if (node == event.nodes.end() && zone == event.zones.end()) continue;
    const bool by_zone = zone != event.zones.end();
    Finding finding = DraftContext("gave_up", event);
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the report prints it";
    finding.title =
        fmt::format("{}: reclaim had given up on {} [all_unreclaimable].", OnDayHost(facts, event),
                    by_zone ? ZoneName(*zone) : fmt::format("node {}", node->node.value_or(0)));
    finding.brief = "reclaim had given up";
    finding.explanation = "It had looked at all it could take again and again and freed nothing.";
    finding.evidence.push_back(by_zone ? ZoneEvidence(event, *zone)
                                       : CounterEvidence(event, "all_unreclaimable? yes"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
