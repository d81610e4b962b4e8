#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {

// A pod or container that was killed because the host was short, not because it reached its own
// limit: the report says CONSTRAINT_NONE and names its group (mm/oom_kill.c, dump_oom_summary()).
std::optional<Finding> RulePodBelowLimit(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.oom || !IsShortage(event) || event.kills.empty()) continue;
    const Text& kind = event.oom->workload_kind;
    const bool contained = kind == "pod" || kind == "container";
    if (!contained || !event.oom->workload || event.oom->constraint_kind != "none") continue;
    Finding finding = DraftContext("pod_below_limit", event);
    finding.severity = Severity::kMinor;
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the report names the group and no limit";
    finding.title =
        fmt::format("{}: {} {} was killed for want of memory of the host, not of its own.",
                    OnDayHost(facts, event), *kind, *event.oom->workload);
    finding.brief = fmt::format("{} {} died for the host", *kind, *event.oom->workload);
    finding.explanation =
        "No limit of its own was reached: the host ran out first. What all of them may use "
        "together is more than the host has.";
    finding.advice.push_back({"limits of all " + *kind + "s that add up to less than RAM",
                              "then each meets its own first", "less for each",
                              "sum of the limits against MemTotal"});
    finding.evidence.push_back(KillEvidence(event, event.kills.front()));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
