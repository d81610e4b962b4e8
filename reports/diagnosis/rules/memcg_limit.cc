#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/cgroup_files.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/group_stats.h"
#include "reports/diagnosis/rules/pod_limit.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// How near usage must be to a limit to have hit it: charges are made in batches of up to 64 pages
// for each CPU (mm/memcontrol.c, MEMCG_CHARGE_BATCH).
constexpr int64_t kBatchKb = 256;
// The whole need is not in the text, so the limit is raised by a quarter and watched.
constexpr int64_t kRaiseDivisor = 4;
constexpr double kMostShare = 0.5;

bool IsFull(const GroupCounterFacts* counter) {
  return counter && counter->usage_kb && counter->limit_kb && *counter->limit_kb > 0 &&
         *counter->usage_kb + kBatchKb >= *counter->limit_kb;
}

std::string GroupName(const EventFacts& event) {
  const Text group = event.oom ? event.oom->oom_memcg : Text();
  return group ? "control group " + *group : "a control group";
}

// Which of its limits was hit: memory, memory and swap together (version 1), the kernel's share.
std::string CounterWords(const EventFacts& event) {
  const GroupCounterFacts* const memory = GroupCounter(event, "memory");
  const GroupCounterFacts* const both = GroupCounter(event, "memory_swap");
  const GroupCounterFacts* const swap = GroupCounter(event, "swap");
  const GroupCounterFacts* const kmem = GroupCounter(event, "kmem");
  std::string words;
  if (memory && memory->usage_kb && memory->limit_kb) {
    words +=
        fmt::format(" It used {} of {}", SizeText(*memory->usage_kb), SizeText(*memory->limit_kb));
    if (memory->failcnt)
      words += fmt::format(", and had run into the limit {} times", Thousands(*memory->failcnt));
    words += ".";
  }
  if (IsFull(both))
    words += IsFull(memory)
                 ? " The limit of memory and swap together was reached too, so swap could "
                   "not help."
                 : " It is the limit of memory and swap together that was reached.";
  if (swap && swap->limit_kb == 0) words += " It may not use swap [memory.swap.max=0].";
  if (IsFull(kmem)) words += " The limit of the kernel's own data for it was reached [kmem].";
  return words;
}

std::string StatWords(const EventFacts& event) {
  const GroupCounterFacts* const memory = GroupCounter(event, "memory");
  if (!memory || !memory->limit_kb || *memory->limit_kb <= 0) return "";
  const int64_t limit_kb = *memory->limit_kb;
  std::string words;
  const int64_t shmem_kb = GroupStatKb(event, "shmem");
  if (ShareOf(shmem_kb, limit_kb) >= kMostShare)
    words += fmt::format(
        " {} of it are files of tmpfs or shared memory, which killing programs does not free.",
        SizeText(shmem_kb));
  if (GroupStatKb(event, "min_protection") >= limit_kb)
    words +=
        " Its memory.min is as large as its limit, so nothing of it may be reclaimed: the kill "
        "follows from the settings.";
  const int64_t pending_kb = PendingOfGroup(event).all_kb();
  if (ShareOf(pending_kb, limit_kb) >= kMostShare)
    words += fmt::format(" {} of it still had to be written to disk.", SizeText(pending_kb));
  return words;
}

// "file" of version 2 and "cache" of version 1 hold tmpfs and shared memory, too: they are files,
// but leave RAM only for swap. Documentation/admin-guide/cgroup-v2.rst, "file";
// mm/memcontrol.c, mem_cgroup_charge_statistics(). What they are of it, "shmem", is printed since
// 4.12 and may be cut off.
std::string FileWords(const EventFacts& event, std::string_view sum) {
  const int64_t file_kb = GroupStatKb(event, sum);
  const auto shmem = event.group.stat_kb.find("shmem");
  if (shmem == event.group.stat_kb.end()) return "files and tmpfs " + SizeText(file_kb);
  const std::string files = "files " + SizeText(std::max<int64_t>(file_kb - shmem->second, 0));
  return shmem->second > 0
             ? fmt::format("tmpfs and shared memory {}, {}", SizeText(shmem->second), files)
             : files;
}

// What of the limit is whose, as the kernel's sums of the group say it: "anon" and "file", or of
// old "rss" and "cache" (mm/memcontrol.c, memory_stats[] and memcg1_stats[]).
std::string SumWords(const EventFacts& event) {
  const GroupCounterFacts* const memory = GroupCounter(event, "memory");
  if (!memory || !memory->limit_kb || *memory->limit_kb <= 0) return "";
  const auto& stats = event.group.stat_kb;
  const bool new_names = stats.find("anon") != stats.end();
  if (!new_names && stats.find("rss") == stats.end()) return "";
  const int64_t anon_kb = GroupStatKb(event, new_names ? "anon" : "rss");
  const std::string_view file = new_names ? "file" : "cache";
  // The sums lag behind what is charged, or memory was given back since: then they explain nothing.
  constexpr double kMostOfLimit = 0.9;
  if (ShareOf(anon_kb + GroupStatKb(event, file), *memory->limit_kb) < kMostOfLimit) return "";
  return fmt::format(
      "programs {} = {} % of it, {}", SizeText(anon_kb),
      PercentNumber(static_cast<double>(anon_kb), static_cast<double>(*memory->limit_kb)),
      FileWords(event, file));
}

std::string Watch(const IncidentFacts& facts, const EventFacts& event) {
  return fmt::format("{} and {} of the group", CountFile(facts, event), PeakFile(facts, event));
}

// What the group uses of memory and swap, if that is more than its limit of memory; else 0.
int64_t AboveLimitKb(const EventFacts& event) {
  const GroupCounterFacts* const memory = GroupCounter(event, "memory");
  const GroupCounterFacts* const both = GroupCounter(event, "memory_swap");
  const GroupCounterFacts* const swap = GroupCounter(event, "swap");
  if (!memory || !memory->limit_kb) return 0;
  int64_t used_kb = memory->usage_kb.value_or(0);
  if (swap) used_kb += swap->usage_kb.value_or(0);
  if (both) used_kb = std::max(used_kb, both->usage_kb.value_or(0));
  return used_kb > *memory->limit_kb + kBatchKb ? used_kb : 0;
}

int64_t RaisedKb(const EventFacts& event) {
  const GroupCounterFacts* const memory = GroupCounter(event, "memory");
  const int64_t now_kb = memory ? memory->limit_kb.value_or(0) : 0;
  const int64_t need_kb = std::max(now_kb, AboveLimitKb(event));
  return need_kb + need_kb / kRaiseDivisor;
}

// The limit of memory must not be above that of memory and swap together: mm/memcontrol.c,
// mem_cgroup_resize_limit(), mem_cgroup_resize_max() since 4.19.
std::string BothFirst(const EventFacts& event, int64_t raised_kb) {
  const GroupCounterFacts* const both = GroupCounter(event, "memory_swap");
  const bool first = both && both->limit_kb && *both->limit_kb < raised_kb;
  return first ? fmt::format("memory.memsw.limit_in_bytes={}K, then ", raised_kb) : "";
}

void SetRaised(const IncidentFacts& facts, const EventFacts& event, int64_t now_kb,
               Advice& advice) {
  const int64_t raised_kb = RaisedKb(event);
  const int64_t used_kb = AboveLimitKb(event);
  advice.act = fmt::format("{}{} of {} (now {}K)", BothFirst(event, raised_kb),
                           LimitSetting(facts, event, raised_kb), GroupName(event), now_kb);
  advice.why = used_kb > 0 ? fmt::format(
                                 "it uses {} with what lies in swap, and a quarter more; "
                                 "how much its programs still asked for is not in the text",
                                 SizeText(used_kb))
                           : "a quarter more; how much its programs need is not in the text";
}

Advice RaiseLimit(const IncidentFacts& facts, const EventFacts& event) {
  const GroupCounterFacts* const memory = GroupCounter(event, "memory");
  Advice advice;
  if (memory && memory->limit_kb && *memory->limit_kb > 0) {
    SetRaised(facts, event, *memory->limit_kb, advice);
  } else {
    advice.act = fmt::format("raise {} of {}, or make its programs use less",
                             LimitFile(facts, event), GroupName(event));
    advice.why = "the limit's value is not in the text";
  }
  advice.risk = "less for all others on the host";
  if (OfPod(event)) {
    advice.act = "resources.limits.memory of the pod or container, in place of " + advice.act;
    advice.why += "; the kubelet writes the group's limit from there";
  }
  advice.check = Watch(facts, event);
  return advice;
}

// What filled the group may be gone when its counters are printed: then they do not tell by how
// much its limit is too small.
bool IsGivenBack(const GroupCounterFacts* memory) {
  constexpr double kMostLeft = 0.75;
  return memory && memory->usage_kb && memory->limit_kb && *memory->limit_kb > 0 &&
         ShareOf(*memory->usage_kb, *memory->limit_kb) < kMostLeft;
}

Advice FindPeak(const IncidentFacts& facts, const EventFacts& event,
                const GroupCounterFacts& memory) {
  return {fmt::format("look at {} of {} under its usual load, before its limit is changed",
                      PeakFile(facts, event), GroupName(event)),
          fmt::format("when the report was printed, it used {} % of its limit: what filled it was "
                      "gone again",
                      PercentNumber(static_cast<double>(*memory.usage_kb),
                                    static_cast<double>(*memory.limit_kb))),
          "", fmt::format("{} of the group: no new hits", CountFile(facts, event))};
}

// What was killed held next to nothing of the limit, and neither its sums nor the process table
// tell that programs hold it.
bool VictimsAreSmall(const EventFacts& event, const GroupCounterFacts* memory) {
  constexpr double kSmall = 0.1;
  const auto& stats = event.group.stat_kb;
  const bool told = stats.find("anon") != stats.end() || stats.find("rss") != stats.end();
  if (told || !memory || event.kills.empty()) return false;
  if (ShareOf(event.tasks.rss_kb.value_or(0), memory->limit_kb.value_or(0)) >= kMostShare)
    return false;
  int64_t killed_kb = 0;
  for (const KillFacts& kill : event.kills) {
    if (!kill.RssKb()) return false;
    killed_kb += *kill.RssKb();
  }
  const int64_t limit_kb = memory->limit_kb.value_or(0);
  return limit_kb > 0 && ShareOf(killed_kb, limit_kb) < kSmall;
}

Advice LookAtStat(const IncidentFacts& facts, const EventFacts& event) {
  return {fmt::format("look at memory.stat of {}: {}", GroupName(event), StatLines(facts, event)),
          "what was killed held less than a tenth of the limit, so most of it is something else",
          "", "the largest of these when it is full again"};
}

// A limit above RAM limits nothing.
Advice UseLess(const IncidentFacts& facts, const EventFacts& event) {
  return {fmt::format("make the programs of {} use less, or give the machine more RAM",
                      GroupName(event)),
          fmt::format("a quarter more than {} would be above the RAM of {}",
                      AboveLimitKb(event) > 0 ? "it uses with swap" : "its limit",
                      SizeText(*facts.ram_kb)),
          "", Watch(facts, event)};
}

void Advise(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  if (OfAllPods(event)) return AdviseNode(event, finding);
  // A larger limit only holds more that must be written: RuleWritebackStall advises.
  if (IsMostlyPending(PendingOfGroup(event))) return;
  const GroupCounterFacts* const memory = GroupCounter(event, "memory");
  const bool filled_otherwise =
      IsFull(GroupCounter(event, "memory_swap")) || IsFull(GroupCounter(event, "kmem"));
  if (IsGivenBack(memory) && !filled_otherwise) {
    finding.advice.push_back(FindPeak(facts, event, *memory));
    return;
  }
  if (VictimsAreSmall(event, memory)) finding.advice.push_back(LookAtStat(facts, event));
  const bool above_ram = facts.ram_kb && RaisedKb(event) > *facts.ram_kb;
  finding.advice.push_back(above_ram ? UseLess(facts, event) : RaiseLimit(facts, event));
}

std::string WorkloadWords(const EventFacts& event) {
  if (!event.oom || !event.oom->workload || !event.oom->workload_kind) return "";
  return fmt::format(" [{} {}]", *event.oom->workload_kind, *event.oom->workload);
}

}  // namespace

// "Memory cgroup out of memory", CONSTRAINT_MEMCG: the limit of a group was hit, and the state of
// the host does not matter. mm/oom_kill.c, dump_header() and oom_kill_process().
std::optional<Finding> RuleMemcgLimit(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!OfGroup(event)) continue;
    Finding finding = DraftCause("memcg_limit", event);
    finding.severity = Severity::kMajor;
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the log states it";
    const std::string name = GroupName(event);
    finding.title =
        fmt::format("{} reached the memory limit of {}.", OnDayHost(facts, event), name);
    finding.brief = fmt::format("limit of {} reached", name);
    if (OfAllPods(event)) {
      finding.title = fmt::format(
          "{}: all pods together reached what the node may give them [node allocatable, {}].",
          OnDayHost(facts, event), name);
      finding.brief = "node allocatable reached by all pods together [" + name + "]";
    }
    if (const std::string sums = SumWords(event); !sums.empty()) finding.brief += ": " + sums;
    finding.explanation =
        "The log states it: the limit of the group was hit, so the memory of the host does not "
        "matter." +
        CounterWords(event) + StatWords(event);
    const Text group = event.oom ? event.oom->oom_memcg : Text();
    if (group && event.oom->task_memcg && event.oom->task_memcg != group) {
      finding.explanation +=
          fmt::format(" The victim ran in {}{}; the limit is of a group above it.",
                      *event.oom->task_memcg, WorkloadWords(event));
    }
    Advise(facts, event, finding);
    finding.evidence.push_back(event.kills.empty() ? HeaderEvidence(event)
                                                   : KillEvidence(event, event.kills.front()));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
