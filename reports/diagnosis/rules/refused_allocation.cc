#include <fmt/core.h>

#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {

// What a refused allocation means for whoever asked.
std::optional<Finding> RuleRefusedAllocation(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal) continue;
    const std::optional<PieceRequest> request = RequestOf(facts, event);
    if (!request) continue;
    const CallPath path = ReadCallPath(event);
    Finding finding;
    finding.rule = "refused_allocation";
    if (request->order >= 1 && !request->gfp.may_reclaim) finding.cause = "atomic_high_order";
    finding.role = Role::kContext;
    finding.severity = Severity::kMinor;
    finding.confidence = Confidence::kMedium;
    finding.event_id = event.id;
    finding.when = DayText(event);
    const bool waited = event.kind == "alloc_stall";
    finding.title = fmt::format(
        "{}: {} {}{}.", OnDayHost(facts, event), PieceWords(request->order, event.page_kb()),
        waited ? "had to wait" : "was refused", path.driver.empty() ? "" : " to " + path.driver);
    finding.brief = waited ? "a request had to wait" : "a request was refused";
    finding.explanation = fmt::format(
        "mode {}{}", GfpWords(event.refusal->gfp_mask, request->gfp),
        request->gfp.may_reclaim ? "." : ": must not wait, so it cannot reclaim or compact.");
    if (!path.meaning.empty()) finding.explanation += " " + path.meaning;
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
