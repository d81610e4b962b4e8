#include <fmt/core.h>

#include <algorithm>

#include "base/shell_word.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// "System is deadlocked on memory" is the panic where nothing could be killed; another panic for
// want of memory is a setting [vm.panic_on_oom].
bool PanicSaysSo(const IncidentFacts& facts) {
  return std::any_of(facts.events.begin(), facts.events.end(), [](const EventFacts& event) {
    return event.crash && event.crash->title.find("deadlocked on memory") != std::string::npos;
  });
}

bool FoundNone(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.oom) return false;
  if (event.oom->outcome == "none_killable") return true;
  return event.oom->outcome == "panicked" && PanicSaysSo(facts);
}

constexpr int64_t kNeverKill = -1000;  // include/uapi/linux/oom.h, OOM_SCORE_ADJ_MIN
constexpr double kMostShare = 0.5;

bool AllSpared(const EventFacts& event) {
  const auto& tasks = event.tasks.biggest;
  return !tasks.empty() && std::all_of(tasks.begin(), tasks.end(), [](const TaskFacts& task) {
    return task.oom_score_adj == kNeverKill;
  });
}

std::string WhyNone(const EventFacts& event) {
  const auto& tasks = event.tasks.biggest;
  if (event.tasks.rows == 0 || tasks.empty())
    return "No program is in the process table: only the kernel's own threads ran, or the table is "
           "not in the text.";
  return AllSpared(event)
             ? "The largest programs are all set to be spared [oom_score_adj -1000]."
             : "The programs of the table were exiting already, or were killed before.";
}

// What of the printed zones neither is free nor belongs to programs and files; "" where that is not
// most of it, or where a zone does not print it.
std::string KernelsShare(const EventFacts& event) {
  int64_t managed_kb = 0;
  int64_t free_kb = 0;
  int64_t lists_kb = 0;
  for (const ZoneFacts& zone : event.zones) {
    const bool told = zone.managed_kb && zone.free_kb && zone.active_anon_kb &&
                      zone.inactive_anon_kb && zone.active_file_kb && zone.inactive_file_kb;
    if (!told) return "";
    managed_kb += *zone.managed_kb;
    free_kb += *zone.free_kb;
    lists_kb += *zone.active_anon_kb + *zone.inactive_anon_kb + *zone.active_file_kb +
                *zone.inactive_file_kb;
  }
  if (ShareOf(managed_kb - free_kb - lists_kb, managed_kb) < kMostShare) return "";
  return fmt::format(
      " Of {} in the printed zones {} were free, and programs and files had {}: the "
      "kernel and its drivers held the rest.",
      SizeText(managed_kb), SizeText(free_kb), SizeText(lists_kb));
}

// With no program left, others hold the memory.
Advice WatchKernel() {
  return {
      "grep -E 'SUnreclaim|PageTables|KernelStack|VmallocUsed|Percpu|Shmem' /proc/meminfo, again "
      "and again until it happens",
      "no program was left to kill, so the kernel, a driver or files in memory hold it", "",
      "what grows tells whom to ask"};
}

// A small program that is spared would not have helped.
bool SparesMuch(const IncidentFacts& facts, const EventFacts& event) {
  constexpr double kMuch = 0.1;
  if (event.tasks.biggest.empty() || !facts.ram_kb) return false;
  const TaskFacts& largest = event.tasks.biggest.front();
  return largest.oom_score_adj == kNeverKill &&
         ShareOf(largest.rss_kb.value_or(0), *facts.ram_kb) > kMuch;
}

}  // namespace

// "Out of memory and no killable processes": of the host the kernel panics, of a control group it
// does not. mm/oom_kill.c, out_of_memory().
std::optional<Finding> RuleUnkillable(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!FoundNone(facts, event)) continue;
    Finding finding = DraftCause("unkillable", event);
    finding.severity = OfGroup(event) ? Severity::kMajor : Severity::kCritical;
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the log states it";
    finding.title = OnDayHost(facts, event) + " found no program that could be killed.";
    finding.brief = "no program could be killed";
    finding.explanation =
        WhyNone(event) + (OfGroup(event) ? " In a control group the request then fails."
                                         : " The kernel panics then.");
    if (!OfGroup(event) && !AllSpared(event)) {
      finding.explanation += KernelsShare(event);
      // Where its counters are in the text, the rules of holders name who holds the memory.
      const bool counted = event.mem && (event.mem->anon_pages || event.mem->slab_pages);
      if (!counted) finding.advice.push_back(WatchKernel());
    }
    if (SparesMuch(facts, event)) {
      finding.advice.push_back(
          {fmt::format("choom -n 0 -p $(pidof {}), or OOMScoreAdjust=0 in its unit",
                       ShellWord(CommName(event.tasks.biggest.front().comm))),
           "the largest program is set to -1000, so the kernel has no way out",
           "it may be killed then", "cat /proc/$(pidof ...)/oom_score_adj"});
    }
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
