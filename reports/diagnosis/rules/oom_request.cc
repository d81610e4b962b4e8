#include <fmt/core.h>

#include "reports/diagnosis/call_words.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {

// What the request that ended in the OOM killer was for: it says who asked at the wrong time, not
// who is at fault.
std::optional<Finding> RuleOomRequest(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.oom || event.oom->sysrq || event.frames.empty()) continue;
    const CallPath path = ReadCallPath(facts, event);
    if (path.wanted.empty()) continue;
    const std::optional<PieceRequest> request = RequestOf(facts, event);
    Finding finding;
    finding.rule = "oom_request";
    finding.role = Role::kContext;
    finding.severity = Severity::kInfo;
    finding.confidence = path.all_unreliable ? Confidence::kLow : Confidence::kMedium;
    finding.event_id = event.id;
    finding.when = DayText(event);
    const std::string comm = event.oom->invoker_comm ? CommName(event.oom->invoker_comm) : "";
    finding.title = fmt::format("{}: the OOM killer ran for {}{}.", OnDayHost(facts, event),
                                path.wanted, comm.empty() ? "" : ", asked for by " + comm);
    finding.brief = "what the request was for";
    finding.explanation = SiteWords(path, request ? request->order : 0);
    if (!path.where.empty()) finding.explanation += fmt::format(" It came from {}.", path.where);
    finding.explanation += " Who asks is not thereby at fault.";
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
