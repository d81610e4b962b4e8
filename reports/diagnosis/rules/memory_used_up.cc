#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

std::string Multiples(const EventFacts& event) {
  std::vector<std::string> words;
  for (const ZoneFacts& zone : event.zones) {
    if (!IsOrdinaryZone(zone.zone) || !zone.free_kb || zone.min_kb.value_or(0) <= 0) continue;
    words.push_back(fmt::format("{} {} x min", ZoneName(zone),
                                Thousands((*zone.free_kb + *zone.min_kb / 2) / *zone.min_kb)));
  }
  return JoinWords(words);
}

}  // namespace

// Ruled out: single pages were to be had, so memory was not used up.
std::optional<Finding> RuleMemoryUsedUp(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    // Between min and high there is little: kswapd would work to get above high.
    if (!ShowsFragmentation(event) || BelowHighMarks(event)) continue;
    const std::string page = PieceSize(event.page_kb());
    Finding finding;
    finding.rule = "memory_used_up";
    finding.cause = "host_exhausted";
    finding.role = Role::kRuledOut;
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the test of the zones for one page, on the figures of one record";
    finding.event_id = event.id;
    finding.when = DayText(event);
    finding.title = fmt::format("{} had not used up its memory: a page of {} could be had.",
                                OnDayHost(facts, event), page);
    finding.brief = fmt::format("memory used up{}: {} pieces in plenty",
                                finding.when.empty() ? "" : " on " + finding.when, page);
    finding.explanation = fmt::format("Free memory: {}.", Multiples(event));
    for (const ZoneFacts& zone : event.zones) {
      if (IsOrdinaryZone(zone.zone)) finding.evidence.push_back(ZoneEvidence(event, zone));
    }
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
