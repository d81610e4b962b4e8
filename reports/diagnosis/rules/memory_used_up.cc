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

// The zones that ordinary requests live on; of a machine that has none of these, all that the
// request may use.
std::vector<const ZoneFacts*> ZonesOf(const EventFacts& event) {
  std::vector<const ZoneFacts*> ordinary;
  std::vector<const ZoneFacts*> eligible;
  for (std::size_t i = 0; i < event.zones.size(); ++i) {
    if (IsOrdinaryZone(event.zones[i].zone)) ordinary.push_back(&event.zones[i]);
    if (i < event.rerun->checks.size() && event.rerun->checks[i].eligible)
      eligible.push_back(&event.zones[i]);
  }
  return ordinary.empty() ? eligible : ordinary;
}

std::string Multiples(const std::vector<const ZoneFacts*>& zones) {
  std::vector<std::string> words;
  for (const ZoneFacts* const zone : zones) {
    if (zone->free_kb && zone->min_kb.value_or(0) > 0)
      words.push_back(ZoneName(*zone) + " " + TimesMinWords(*zone));
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
    finding.brief = fmt::format("memory used up{}: {} pieces in plenty", OnDay(finding.when), page);
    const std::vector<const ZoneFacts*> zones = ZonesOf(event);
    const std::string multiples = Multiples(zones);
    if (!multiples.empty()) finding.explanation = fmt::format("Free memory: {}.", multiples);
    for (const ZoneFacts* const zone : zones)
      finding.evidence.push_back(ZoneEvidence(event, *zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
