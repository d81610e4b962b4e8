#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {

// SysRq-f asks with order -1 (drivers/tty/sysrq.c, moom_callback(), since v4.3) or with a trace
// through the sysrq functions.
std::optional<Finding> RuleManual(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.oom || !event.oom->sysrq) continue;
    Finding finding;
    finding.rule = "manual";
    finding.cause = "manual";
    finding.role = Role::kPrimary;
    finding.severity = Severity::kMinor;
    finding.confidence = Confidence::kHigh;
    finding.event_id = event.id;
    finding.title =
        OnDayHost(facts, event) + " was told by a person to run the OOM killer [SysRq-f].";
    finding.brief = "a person asked for it";
    finding.explanation =
        "The request has the order -1 or comes from the SysRq handler, which only a "
        "key press or a write to /proc/sysrq-trigger starts.";
    finding.recommendation =
        "Nothing in memory management has to be changed; find out who pressed it.";
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
