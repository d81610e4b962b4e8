#include <fmt/core.h>

#include "reports/diagnosis/call_words.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {

// A single page that must not wait fails only when the reserve below the min mark is used up.
std::optional<Finding> RuleAtomicReserve(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal || !event.rerun || event.rerun->request.assumed) continue;
    const PieceRequest& request = event.rerun->request;
    if (request.gfp.may_reclaim || request.order != 0 || event.rerun->served == true) continue;
    Finding finding;
    finding.rule = "atomic_reserve";
    finding.cause = "atomic_reserve";
    finding.role = Role::kPrimary;
    const CallPath path = ReadCallPath(facts, event);
    finding.severity = HarmSeverity(path);
    finding.confidence = event.rerun->served == false ? Confidence::kHigh : Confidence::kMedium;
    finding.event_id = event.id;
    finding.title = fmt::format("{} had used up the reserve for requests that must not wait{}.",
                                OnDayHost(facts, event), HarmlessWords(path));
    finding.brief = "reserve for requests that must not wait used up";
    finding.explanation = "The request may go below the min mark, and not even there was a page:";
    for (const ZoneCheck& check : event.rerun->checks) {
      if (check.eligible) finding.explanation += " " + CheckWords(check) + ".";
    }
    const std::string site = SiteWords(path, 0);
    if (!site.empty()) finding.explanation += " " + site;
    finding.recommendation =
        "If it recurs, raise vm.min_free_kbytes (twice its present value); one such failure "
        "is tolerated by its caller. Risk: less memory for programs.";
    finding.evidence.push_back(HeaderEvidence(event));
    for (const ZoneFacts& zone : event.zones) finding.evidence.push_back(ZoneEvidence(event, zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
