#include "reports/diagnosis/missing.h"

#include <algorithm>

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

// Days of the events that `lacks` is true for, "Oct 27 and Nov 20".
template <class Lacks>
std::string DaysOf(const IncidentFacts& facts, Lacks lacks) {
  std::vector<std::string> days;
  for (const EventFacts& event : facts.events) {
    if (!lacks(event)) continue;
    const std::string day = DayText(event);
    const bool listed = std::find(days.begin(), days.end(), day) != days.end();
    if (!day.empty() && !listed) days.push_back(day);
  }
  constexpr std::size_t kMostDays = 3;
  if (days.size() > kMostDays) return "several days";
  return JoinWords(days);
}

bool LacksRequest(const EventFacts& event) {
  const bool report = event.kind == "oom" || event.kind == "mem_info";
  return report && !(event.oom && event.oom->invoker_comm);
}

bool LacksMemInfo(const EventFacts& event) {
  const bool group = event.oom && event.oom->constraint_kind == "memcg";
  return event.kind == "oom" && !event.mem && !group;
}

bool LacksTable(const EventFacts& event) { return event.kind == "oom" && event.tasks.rows == 0; }

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
  constexpr const char* kWholeLog = "kautopsy /var/log/messages*";
  const std::string asked = DaysOf(facts, LacksRequest);
  add(asked.ends_with("boot") ? "who asked for memory at" : "who asked for memory on", asked,
      kWholeLog);
  add("the memory report of", DaysOf(facts, LacksMemInfo), kWholeLog);
  add("the process table of", DaysOf(facts, LacksTable), "sysctl vm.oom_dump_tasks");
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
