#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

// The kernel, or a module, did what it must not: it stopped for it, or at least a task did.
bool IsFatal(const EventFacts& event) {
  return event.kind == "oops" || event.kind == "gpf" || event.kind == "bug" ||
         event.kind == "panic";
}

bool IsWarning(const EventFacts& event) {
  return event.kind == "warning" || event.kind == "lockdep" || event.kind == "sanitizer" ||
         event.kind == "bad_page";
}

// Panics that another rule explains: for want of memory (mm/oom_kill.c), for a stall
// (kernel/watchdog.c, kernel/hung_task.c, kernel/rcu/tree_stall.h), on request
// (drivers/tty/sysrq.c), and those that only end what an oops began (kernel/panic.c, oops_exit()).
bool IsExplainedElsewhere(const EventFacts& event) {
  constexpr auto kReasons = std::to_array<std::string_view>(
      {"out of memory", "Out of memory", "deadlocked on memory", "LOCKUP", "lockup", "hung_task",
       "RCU Stall", "sysrq triggered crash", "Fatal exception", "Fatal Machine check",
       "Fatal machine check"});
  const std::string& title = event.crash->title;
  return event.kind == "panic" &&
         std::any_of(kReasons.begin(), kReasons.end(), [&](std::string_view reason) {
           return title.find(reason) != std::string::npos;
         });
}

// The kernel cannot go on without init: that it was killed for want of memory is the reason then
// (kernel/exit.c, do_exit()).
bool IsEndOfInit(const IncidentFacts& facts, const EventFacts& event) {
  if (event.kind != "panic" || event.crash->title.find("to kill init") == std::string::npos)
    return false;
  return std::any_of(facts.events.begin(), facts.events.end(), [](const EventFacts& other) {
    return std::any_of(other.kills.begin(), other.kills.end(),
                       [](const KillFacts& kill) { return kill.pid == 1; });
  });
}

// The first crash that is no mere warning; else the first warning.
const EventFacts* FindCrash(const IncidentFacts& facts) {
  const EventFacts* warning = nullptr;
  for (const EventFacts& event : facts.events) {
    if (!event.crash || IsExplainedElsewhere(event) || IsEndOfInit(facts, event)) continue;
    if (IsFatal(event)) return &event;
    if (IsWarning(event) && !warning) warning = &event;
  }
  return warning;
}

bool StandsBefore(const IncidentFacts& facts, const EventFacts& crash) {
  return std::none_of(facts.events.begin(), facts.events.end(), [&](const EventFacts& event) {
    return TellsOfMemory(event) && &event < &crash;
  });
}

// A crash is the cause of what follows it. What follows a shortage of memory may come from that,
// and a warning beside one need not matter, unless it is about the tables of pages themselves.
Role RoleOf(const IncidentFacts& facts, const EventFacts& crash) {
  const bool memory = std::any_of(facts.events.begin(), facts.events.end(), TellsOfMemory);
  if (!memory) return Role::kPrimary;
  if (crash.kind == "bad_page") return Role::kContributing;
  if (!IsFatal(crash)) return Role::kContext;
  return StandsBefore(facts, crash) ? Role::kPrimary : Role::kContributing;
}

std::string TitleOf(const IncidentFacts& facts, const EventFacts& event) {
  const CrashFacts& crash = *event.crash;
  const std::string_view what = event.kind == "panic" ? "a panic"
                                : IsFatal(event)      ? "a crash"
                                                      : "a warning";
  std::string title = fmt::format("{} had {} of its kernel", OnDayHost(facts, event), what);
  if (crash.comm) title += fmt::format(" while {} ran", CommName(crash.comm));
  title += ": " + crash.title;
  if (crash.module) title += fmt::format(" [module {}]", *crash.module);
  return title + ".";
}

std::string Explain(const CrashFacts& crash) {
  std::string words;
  const auto add = [&](const std::string& sentence) {
    words += (words.empty() ? "" : " ") + sentence;
  };
  if (crash.message) add(*crash.message + (crash.message->ends_with('.') ? "" : "."));
  if (crash.oops_count > 1)
    add(fmt::format("It is oops {} of this boot: what came first counts most.", *crash.oops_count));
  const bool foreign = crash.taint && crash.taint->find_first_of("OPE") != std::string::npos;
  if (foreign) add("Modules from outside the kernel were loaded [taint " + *crash.taint + "].");
  return words;
}

}  // namespace

std::optional<Finding> RuleKernelBug(const IncidentFacts& facts) {
  const EventFacts* const event = FindCrash(facts);
  if (!event) return std::nullopt;
  const CrashFacts& crash = *event->crash;
  const std::string culprit = crash.module ? "the module " + *crash.module : "the kernel";
  Finding finding;
  finding.rule = "kernel_bug";
  finding.cause = "kernel_bug";
  finding.role = RoleOf(facts, *event);
  finding.severity = event->kind == "panic" ? Severity::kCritical
                     : IsFatal(*event)      ? Severity::kMajor
                                            : Severity::kMinor;
  finding.confidence = IsFatal(*event) ? Confidence::kHigh : Confidence::kMedium;
  finding.event_id = event->id;
  finding.when = DayText(*event);
  finding.title = TitleOf(facts, *event);
  finding.brief = "a bug of " + culprit;
  finding.explanation = Explain(crash);
  finding.confidence_why =
      IsFatal(*event) ? "the kernel's own words" : "a warning need not be what went wrong";
  finding.advice.push_back(
      {fmt::format("a newer version of {}; look for reports of \"{}\"", culprit, crash.title),
       "others have likely met it", "", "keep the log and, if there is one, the dump"});
  finding.evidence.push_back(FirstLineEvidence(*event, "crash"));
  return finding;
}

}  // namespace kautopsy
