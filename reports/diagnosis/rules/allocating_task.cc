#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {

// "Out of memory (oom_kill_allocating_task)": whoever asked was killed, whatever it held.
// mm/oom_kill.c, out_of_memory().
std::optional<Finding> RuleAllocatingTask(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const auto kill =
        std::find_if(event.kills.begin(), event.kills.end(),
                     [](const KillFacts& one) { return one.reason == "allocating_task"; });
    if (kill == event.kills.end()) continue;
    Finding finding = DraftContext("allocating_task", event);
    finding.severity = Severity::kMinor;
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the kill line states it";
    finding.title = OnDayHost(facts, event) +
                    " is set to kill whoever asks for memory, not who holds most of it.";
    finding.brief = "set to kill whoever asks";
    // mm/oom_kill.c, oom_kill_process(), until 5.0: a child dies in place of who was chosen.
    const bool child = kill->chosen_pid && kill->pid && kill->chosen_pid != kill->pid;
    finding.explanation =
        child ? fmt::format(
                    "{} [pid {}] asked at that moment, and {}, a child of it, was killed in its "
                    "place; how much they held did not matter [vm.oom_kill_allocating_task].",
                    CommName(kill->chosen_comm), *kill->chosen_pid, VictimName(*kill))
              : VictimName(*kill) +
                    " was killed because it asked at that moment; how much it held did not "
                    "matter [vm.oom_kill_allocating_task].";
    finding.advice.push_back({"vm.oom_kill_allocating_task=0", "then the largest program is chosen",
                              "the search through all programs takes a moment on hosts with many",
                              "kautopsy on the next kill: it says why this one"});
    finding.evidence.push_back(KillEvidence(event, *kill));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
