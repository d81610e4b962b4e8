#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/gfp_rights.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// The zone that would pass if its marks were not raised for a while.
const ZoneFacts* FailsByBoost(const IncidentFacts& facts, const EventFacts& event) {
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneFacts& zone = event.zones[i];
    const ZoneCheck& check = event.rerun->checks[i];
    const bool known = check.eligible && check.usable_pages && check.mark_pages && zone.boost_kb;
    if (!known || zone.boost_kb <= 0 || zone.min_kb.value_or(0) <= 0) continue;
    const WatermarkRule rule = RuleOf(KernelOf(facts, event), event);
    const GfpRights rights = RightsOf(event.rerun->request.gfp, event.rerun->request.order, rule);
    // It does not count for single atomic pages, whose mark is without it already.
    const int64_t raised = *zone.min_kb / event.page_kb();
    if (*check.mark_pages < MarkFor(raised, rights)) continue;
    const int64_t plain = std::max<int64_t>(0, *zone.min_kb - *zone.boost_kb) / event.page_kb();
    const int64_t boost_pages = *check.mark_pages - MarkFor(plain, rights);
    const int64_t wanted = *check.mark_pages + check.reserve_pages.value_or(0);
    if (*check.usable_pages <= wanted && *check.usable_pages > wanted - boost_pages) return &zone;
  }
  return nullptr;
}

}  // namespace

// After pieces were broken up, the kernel raises a zone's marks for a while, and prints it as
// "boost:" (mm/page_alloc.c, boost_watermark(); printed since 5.16, a6ea8b5b9f1c): min includes it.
std::optional<Finding> RuleRaisedMarks(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!IsShortage(event) || !event.rerun) continue;
    const ZoneFacts* const zone = FailsByBoost(facts, event);
    if (!zone) continue;
    Finding finding = DraftContext("raised_marks", event);
    finding.severity = Severity::kMinor;
    // Without them the request itself would have been served, or as large a piece be had.
    if (!event.rerun->request.assumed) finding.role = Role::kContributing;
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the figures are of one record; the marks fall again by themselves";
    finding.title = fmt::format("{}: {} had enough free, were its marks not raised for a while.",
                                OnDayHost(facts, event), ZoneName(*zone));
    finding.brief = "marks raised for a while";
    finding.explanation = fmt::format(
        "min is {}, and {} of that is a boost, which the kernel adds after it had to break up "
        "pieces; {} were free.",
        SizeText(*zone->min_kb), SizeText(*zone->boost_kb), SizeText(zone->free_kb.value_or(0)));
    finding.advice.push_back({"vm.watermark_boost_factor=0 (15000 by default)",
                              "marks are then never raised", "more fragmentation over time",
                              "boost:0kB in the next memory report"});
    finding.evidence.push_back(ZoneEvidence(event, *zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
