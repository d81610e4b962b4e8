#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {

// Memory that is free above the mark, but kept back for requests that can use nothing else
// [lowmem_reserve]: mm/page_alloc.c, __zone_watermark_ok(). The reserve is in pages, the zone's
// line in kB.
std::optional<Finding> RuleKeptBack(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!IsShortage(event) || !event.rerun || event.rerun->served == true) continue;
    int64_t pages = 0;
    const ZoneFacts* first = nullptr;
    for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
      const ZoneCheck& check = event.rerun->checks[i];
      const bool counts = check.eligible && check.usable_pages && check.mark_pages;
      if (!counts || check.reserve_pages.value_or(0) == 0) continue;
      const int64_t above = *check.usable_pages - *check.mark_pages;
      if (above <= 0 || above > *check.reserve_pages) continue;
      pages += above;
      if (!first) first = &event.zones[i];
    }
    if (!first) continue;
    const int64_t kb = pages * event.page_kb();
    Finding finding = DraftContext("kept_back", event);
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the test of the zone, on the figures of one record";
    finding.title = fmt::format(
        "{}: {} were free in low zones, but kept back for requests that can use nothing else "
        "[lowmem_reserve].",
        OnDayHost(facts, event), SizeText(kb));
    finding.brief = fmt::format("{} free but kept back", SizeText(kb));
    finding.explanation =
        "Ordinary requests must leave low memory to requests that can use nothing else, so this "
        "much is not really free to them.";
    finding.evidence.push_back(ZoneEvidence(event, *first));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
