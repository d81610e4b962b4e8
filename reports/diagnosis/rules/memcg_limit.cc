#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

bool KilledByGroup(const EventFacts& event) {
  return std::any_of(event.kills.begin(), event.kills.end(),
                     [](const KillFacts& kill) { return kill.reason == "memcg"; });
}

}  // namespace

// "Memory cgroup out of memory", CONSTRAINT_MEMCG: the limit of a group was hit, and the state of
// the host does not matter. mm/oom_kill.c, dump_header() and oom_kill_process().
std::optional<Finding> RuleMemcgLimit(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const bool stated = event.oom && event.oom->constraint_kind == "memcg";
    if (!stated && !KilledByGroup(event)) continue;
    Finding finding;
    finding.rule = "memcg_limit";
    finding.cause = "memcg_limit";
    finding.role = Role::kPrimary;
    finding.severity = Severity::kMajor;
    finding.confidence = Confidence::kHigh;
    finding.event_id = event.id;
    const Text group = event.oom ? event.oom->oom_memcg : Text();
    const std::string name = group ? "control group " + *group : "a control group";
    finding.title =
        fmt::format("{} reached the memory limit of {}.", OnDayHost(facts, event), name);
    finding.brief = fmt::format("limit of {} reached", name);
    finding.explanation =
        "The log states it: the limit of the group was hit, so the memory of the host "
        "does not matter.";
    if (group && event.oom->task_memcg && event.oom->task_memcg != group) {
      finding.explanation += fmt::format(" The victim ran in {}; the limit is of a group above it.",
                                         *event.oom->task_memcg);
    }
    finding.recommendation =
        "Compare the group's limit with what its programs need: raise the limit or "
        "make them use less. Check: memory.max and memory.events of the group, in version 1 "
        "memory.limit_in_bytes and memory.failcnt.";
    if (event.kills.empty())
      finding.evidence.push_back(HeaderEvidence(event));
    else
      finding.evidence.push_back(KillEvidence(event, event.kills.front()));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
