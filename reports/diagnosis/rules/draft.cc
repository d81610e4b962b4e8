#include "reports/diagnosis/rules/draft.h"

#include <algorithm>
#include <string>

#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/watermark.h"

namespace kautopsy {

Finding DraftCause(std::string_view cause, const EventFacts& event) {
  Finding finding;
  finding.rule = std::string(cause);
  finding.cause = std::string(cause);
  finding.role = Role::kPrimary;
  finding.severity = event.kills.empty() ? Severity::kMinor : Severity::kMajor;
  finding.event_id = event.id;
  return finding;
}

Finding DraftContext(std::string_view rule, const EventFacts& event) {
  Finding finding;
  finding.rule = std::string(rule);
  finding.event_id = event.id;
  finding.when = DayText(event);
  return finding;
}

bool OfGroup(const EventFacts& event) {
  if (event.oom && event.oom->constraint_kind == "memcg") return true;
  return std::any_of(event.kills.begin(), event.kills.end(),
                     [](const KillFacts& kill) { return kill.reason == "memcg"; });
}

// mm/oom_kill.c, constrained_alloc(): a control group is asked about first, so CONSTRAINT_NONE is
// no group's; printed since 5.0 ("oom-kill:constraint="). A page fault whose group was full could
// run it for the machine until 5.15 (pagefault_out_of_memory()).
bool OfWholeMachine(const EventFacts& event) {
  return event.oom && event.oom->constraint_kind == "none" && !event.oom->sysrq &&
         !event.oom->from_fault;
}

bool StatesConstraint(const EventFacts& event) {
  return event.oom &&
         (event.oom->constraint_kind == "cpuset" || event.oom->constraint_kind == "memory_policy");
}

bool IsShortage(const EventFacts& event) {
  return (event.oom && !event.oom->sysrq && !OfGroup(event)) || event.refusal;
}

bool IsUsedUp(const EventFacts& event) {
  if (!event.oom || !event.rerun || !IsShortage(event)) return false;
  return event.rerun->single_served == false || BelowHighMarks(event);
}

double ShareOf(int64_t part, int64_t whole) {
  return whole > 0 ? static_cast<double>(part) / static_cast<double>(whole) : 0;
}

}  // namespace kautopsy
