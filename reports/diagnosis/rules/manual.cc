#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

// SysRq-c panics since 5.x; before, it wrote to address 0 (drivers/tty/sysrq.c,
// sysrq_handle_crash()).
bool IsAskedCrash(const EventFacts& event) {
  return event.crash && (event.crash->symbol == "sysrq_handle_crash" ||
                         event.crash->title.find("sysrq triggered crash") != std::string::npos);
}

}  // namespace

// SysRq-f asks with order -1 (drivers/tty/sysrq.c, moom_callback(), since v4.3) or with a trace
// through the sysrq functions.
std::optional<Finding> RuleManual(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const bool crash = IsAskedCrash(event);
    if (!crash && !(event.oom && event.oom->sysrq)) continue;
    Finding finding;
    finding.rule = "manual";
    finding.cause = "manual";
    finding.role = Role::kPrimary;
    finding.severity = crash ? Severity::kCritical : Severity::kMinor;
    finding.confidence = Confidence::kHigh;
    finding.event_id = event.id;
    finding.title = OnDayHost(facts, event) +
                    (crash ? " was told by a person or a program to crash [SysRq-c]."
                           : " was told by a person to run the OOM killer [SysRq-f].");
    finding.brief = crash ? "somebody asked for it" : "a person asked for it";
    finding.explanation =
        crash ? "The crash comes from the SysRq handler, which only a key press or a write to "
                "/proc/sysrq-trigger starts: a cluster's fencing, a test, a hypervisor's NMI."
              : "The request has the order -1 or comes from the SysRq handler, which only a "
                "key press or a write to /proc/sysrq-trigger starts.";
    finding.confidence_why = "only the SysRq handler does so";
    finding.advice.push_back(
        crash ? Advice{"find out who asked: the shell history, the cluster's fencing log",
                       "the kernel is not at fault", "", ""}
              : Advice{"find out who pressed it", "nothing in memory management has to change", "",
                       ""});
    finding.evidence.push_back(crash ? FirstLineEvidence(event, "crash") : HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
