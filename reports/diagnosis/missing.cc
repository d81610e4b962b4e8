#include "reports/diagnosis/missing.h"

#include <algorithm>
#include <set>
#include <string>

#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/gfp_can.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

bool HasGuests(const IncidentFacts& facts) {
  return std::any_of(facts.events.begin(), facts.events.end(),
                     [](const EventFacts& event) { return !event.tasks.guests.empty(); });
}

using Test = bool (*)(const EventFacts&);

// Days of the events that `lacks` is true for, "Oct 27 and Nov 20"; their seconds where another
// event of that day tells it.
std::string DaysOf(const IncidentFacts& facts, Test lacks, Test tells) {
  std::set<std::string> told;
  for (const EventFacts& event : facts.events) {
    if (tells(event)) told.insert(DayText(event));
  }
  std::vector<std::string> days;
  bool seconds = false;
  for (const EventFacts& event : facts.events) {
    if (!lacks(event)) continue;
    std::string day = DayText(event);
    const bool shared = told.contains(day);
    if (shared) day = SecondText(event);
    const bool listed = std::find(days.begin(), days.end(), day) != days.end();
    constexpr std::size_t kMostDays = 3;
    if (day.empty() || listed) continue;
    seconds = seconds || shared;
    days.push_back(std::move(day));
    if (days.size() > kMostDays) return seconds ? "several moments" : "several days";
  }
  return JoinWords(days);
}

bool TellsRequest(const EventFacts& event) { return event.oom && event.oom->invoker_comm; }

bool TellsMemInfo(const EventFacts& event) { return event.mem.has_value(); }

bool TellsLimit(const EventFacts& event) {
  return event.oom && (event.oom->constraint_kind || event.oom->oom_memcg);
}

bool TellsTable(const EventFacts& event) { return event.tasks.rows > 0; }

bool LacksRequest(const EventFacts& event) {
  const bool report = event.kind == "oom" || event.kind == "mem_info";
  return report && !TellsRequest(event);
}

bool LacksMemInfo(const EventFacts& event) {
  const bool group = event.oom && event.oom->constraint_kind == "memcg";
  return event.kind == "oom" && !TellsMemInfo(event) && !group;
}

// 64 hexadecimal digits, as Docker, containerd and CRI-O name containers.
bool NamesContainer(std::string_view cpuset) {
  constexpr std::size_t kIdDigits = 64;
  std::size_t digits = 0;
  for (const char c : cpuset) {
    digits = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ? digits + 1 : 0;
    if (digits == kIdDigits) return true;
  }
  return false;
}

// Between those of guaranteed and best-effort pods: the kubelet gives a burstable one 1000 less the
// share of the node that it requests, at least 2 and at most 999 (Kubernetes,
// pkg/kubelet/qos/policy.go, GetContainerOOMScoreAdjust()).
bool IsBurstable(const Integer& oom_score_adj) {
  return oom_score_adj && *oom_score_adj >= 2 && *oom_score_adj <= 999;
}

// A container of a pod in a report that was cut before it tells whose limit was hit. Most such
// kills are of the container's own limit.
bool LacksLimit(const EventFacts& event) {
  if (!event.oom || event.mem || event.oom->constraint_kind || event.oom->oom_memcg) return false;
  const bool stated = std::any_of(event.kills.begin(), event.kills.end(),
                                  [](const KillFacts& kill) { return kill.reason.has_value(); });
  const bool burstable =
      IsBurstable(event.oom->oom_score_adj) ||
      std::any_of(event.kills.begin(), event.kills.end(),
                  [](const KillFacts& kill) { return IsBurstable(kill.oom_score_adj); });
  return !stated && burstable && NamesContainer(event.oom->cpuset.value_or(""));
}

bool LacksTable(const EventFacts& event) { return event.kind == "oom" && !TellsTable(event); }

// A refusal without a memory report leaves all open where no other record of the incident tells
// how much was free.
bool LacksAllFigures(const IncidentFacts& facts) {
  bool refused = false;
  for (const EventFacts& event : facts.events) {
    if (event.mem || !event.zones.empty()) return false;
    refused = refused || (event.kind == "alloc_failure" && event.refusal &&
                          event.refusal->kind == "failure" && !IsHarmlessRefusal(facts, event));
  }
  return refused;
}

// Kernels as Debian, Ubuntu and Proxmox build them: their logs have other names than
// /var/log/messages, and newer ones are in the journal only.
bool IsDebianBuild(const IncidentFacts& facts) {
  constexpr std::string_view kMarks[] = {"-generic", "-lowlatency", "-amd64", "-686",
                                         "-armmp",   "+deb",        "~bpo",   "-pve",
                                         "-aws",     "-azure",      "-gcp"};
  return facts.kernel_release && std::ranges::any_of(kMarks, [&](std::string_view mark) {
           return facts.kernel_release->find(mark) != std::string::npos;
         });
}

// True if the kernel was allowed to make a larger piece for one of the requests that show it.
bool MayCompact(const IncidentFacts& facts) {
  return std::any_of(facts.events.begin(), facts.events.end(), [&](const EventFacts& event) {
    return ShowsFragmentation(event) &&
           CompactionFor(event.rerun->request.gfp, KernelOf(facts, event)) != Compaction::kNone;
  });
}

}  // namespace

std::vector<Missing> FindMissing(const IncidentFacts& facts) {
  std::vector<Missing> missing;
  const auto add = [&](const std::string& what, const std::string& days, const char* find_out) {
    if (!days.empty()) missing.push_back({what + " " + days, find_out});
  };
  const char* const whole_log = IsDebianBuild(facts)
                                    ? "kautopsy /var/log/kern.log*; journalctl -k | kautopsy -"
                                    : "kautopsy /var/log/messages*";
  add("the limit of the pod's container of", DaysOf(facts, LacksLimit, TellsLimit),
      "kubectl describe pod");
  const std::string asked = DaysOf(facts, LacksRequest, TellsRequest);
  const bool moment = asked.ends_with("boot") || asked.ends_with("moments");
  add(moment ? "who asked for memory at" : "who asked for memory on", asked, whole_log);
  add("the memory report of", DaysOf(facts, LacksMemInfo, TellsMemInfo), whole_log);
  if (LacksAllFigures(facts))
    missing.push_back({"how much was free: the memory report [Mem-Info]", whole_log});
  add("the process table of", DaysOf(facts, LacksTable, TellsTable), "sysctl vm.oom_dump_tasks");
  if (facts.zones_left_out > 0) {
    missing.push_back({Counted(facts.zones_left_out, "zone") +
                           (facts.zones_left_out == 1 ? " was" : " were") +
                           " too many to be judged",
                       "kautopsy query --db FILE zone"});
  }
  if (ShowsFragmentation(facts)) {
    if (HasGuests(facts)) {
      missing.push_back(
          {"is page merging [KSM] on? can split 2 MiB pages", "grep . /sys/kernel/mm/ksm/*"});
    }
    if (MayCompact(facts))
      missing.push_back(
          {"did the kernel compact by itself, in vain?", "grep compact /proc/vmstat"});
  }
  return missing;
}

}  // namespace kautopsy
