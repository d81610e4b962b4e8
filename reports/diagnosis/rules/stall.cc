#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/diagnosis/rules/reclaim_wait.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

bool IsStall(const EventFacts& event) {
  return event.crash && (event.kind == "soft_lockup" || event.kind == "hard_lockup" ||
                         event.kind == "hung_task" || event.kind == "rcu_stall");
}

std::string WhereWords(const CrashFacts& crash) {
  std::string words = crash.symbol ? " in " + *crash.symbol : "";
  if (crash.module) words += fmt::format(" [module {}]", *crash.module);
  return words;
}

std::string WhatWords(const EventFacts& event) {
  const CrashFacts& crash = *event.crash;
  const std::string seconds =
      crash.seconds ? fmt::format(" for more than {} s", *crash.seconds) : std::string();
  if (event.kind == "hung_task")
    return fmt::format("had {} wait{}{}", CommName(crash.comm), seconds, WhereWords(crash));
  const std::string cpu = crash.cpu ? fmt::format("CPU {}", *crash.cpu) : std::string("a CPU");
  if (event.kind == "rcu_stall")
    return fmt::format("had {} hold up all others [RCU stall]{}", cpu, WhereWords(crash));
  std::string words = fmt::format("had {} stuck{}{}", cpu, seconds, WhereWords(crash));
  if (crash.comm) words += fmt::format(" while {} ran", CommName(crash.comm));
  return words;
}

// kernel/smp.c, smp_call_function_many_cond() and its neighbours: csd_lock_wait().
bool WaitsForCpus(const CrashFacts& crash) {
  return crash.symbol && (crash.symbol->starts_with("smp_call_function") ||
                          crash.symbol->starts_with("csd_lock_wait"));
}

std::string_view LookAlikes(const EventFacts& event) {
  if (event.kind == "hung_task")
    return "Slow storage, a host that gives a virtual machine no time, and a bug of the kernel "
           "look "
           "alike here.";
  if (WaitsForCpus(*event.crash))
    return "It waits for other CPUs to answer [IPI]; which one did not is not in the text.";
  return "A host that gives a virtual machine no time, a loop of the kernel, and debugging that "
         "slows it down [KASAN, lockdep] look alike here.";
}

Advice HowToTell(const EventFacts& event) {
  const std::string check = "then for reports of the function with this kernel";
  if (event.kind == "hung_task")
    return {
        "look at disk errors and latency of the same minutes, in a virtual machine at steal "
        "time",
        "both look like this from inside", "", check};
  // Documentation/admin-guide/sysctl/kernel.rst, softlockup_all_cpu_backtrace.
  if (WaitsForCpus(*event.crash))
    return {"sysctl kernel.softlockup_all_cpu_backtrace=1",
            "the next report then shows what every CPU did",
            "long reports on machines of many CPUs", check};
  return {"look at steal time if it is a virtual machine, else at what the same CPU did before",
          "a CPU that gets no time looks like this from inside", "", check};
}

void AddReason(const EventFacts& event, Finding& finding) {
  const std::optional<ReclaimWait> reclaim = ReclaimWaitOf(event);
  if (!reclaim) {
    finding.explanation += LookAlikes(event);
    finding.confidence_why = "that it stood still is stated; why is not in the text";
    finding.advice.push_back(HowToTell(event));
    return;
  }
  finding.brief = reclaim->brief;
  finding.explanation += reclaim->explanation;
  finding.confidence_why = "what it waited for is stated; why that took so long is not";
  finding.advice.push_back(reclaim->advice);
}

}  // namespace

// A lockup, a hung task, a stall of RCU. Beside a shortage of memory it is most often its
// consequence.
std::optional<Finding> RuleStall(const IncidentFacts& facts) {
  const auto event = std::find_if(facts.events.begin(), facts.events.end(), IsStall);
  if (event == facts.events.end()) return std::nullopt;
  const CrashFacts& crash = *event->crash;
  const bool memory = std::any_of(facts.events.begin(), facts.events.end(), TellsOfMemory);
  const auto count = std::count_if(facts.events.begin(), facts.events.end(), IsStall);
  Finding finding;
  finding.rule = "stall";
  finding.cause = "stall";
  finding.role = memory ? Role::kContext : Role::kPrimary;
  finding.severity = event->kind == "hard_lockup" ? Severity::kCritical : Severity::kMajor;
  finding.confidence = Confidence::kMedium;
  finding.event_id = event->id;
  finding.when = DayText(*event);
  finding.title = fmt::format("{} {}.", OnDayHost(facts, *event), WhatWords(*event));
  finding.brief = event->kind == "hung_task" ? "a task waited too long" : "a CPU was stuck";
  if (crash.blocker_comm)
    finding.explanation = fmt::format(
        "What it waits for is likely held by {}{}. ", CommName(crash.blocker_comm),
        crash.blocker_pid ? fmt::format(" [pid {}]", *crash.blocker_pid) : std::string());
  if (count > 1)
    finding.explanation += fmt::format("It was told {} times in this incident. ", count);
  AddReason(*event, finding);
  finding.evidence.push_back(FirstLineEvidence(*event, "crash"));
  return finding;
}

}  // namespace kautopsy
