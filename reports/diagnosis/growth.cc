#include "reports/diagnosis/growth.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "reports/diagnosis/moments.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Less is what programs do anyway between two reports.
constexpr double kGrowthOfTask = 0.1;
constexpr double kGrowthOfRam = 0.01;

using Key = std::tuple<int64_t, int64_t, std::string>;  // boot, pid, comm

void Note(const EventFacts& event, const TaskFacts& task, std::map<Key, Growth>& seen) {
  if (!event.boot_id || !task.pid || !task.comm || !task.rss_kb) return;
  Growth& growth = seen[{*event.boot_id, *task.pid, *task.comm}];
  if (growth.reports == 0) {
    growth.comm = CommName(task.comm);
    growth.pid = *task.pid;
    growth.from_kb = *task.rss_kb;
    growth.first = &event;
  }
  growth.steady = growth.steady && *task.rss_kb >= growth.to_kb;
  growth.to_kb = *task.rss_kb;
  growth.last = &event;
  ++growth.reports;
}

bool IsLarge(const Growth& growth, const Integer& ram_kb) {
  const auto more = static_cast<double>(growth.to_kb - growth.from_kb);
  return more > kGrowthOfTask * static_cast<double>(growth.from_kb) &&
         more > kGrowthOfRam * static_cast<double>(ram_kb.value_or(0));
}

}  // namespace

std::vector<Growth> GrownTasks(const IncidentFacts& facts) {
  std::map<Key, Growth> seen;
  for (const EventFacts& event : facts.events) {
    for (const TaskFacts& task : event.tasks.biggest) Note(event, task, seen);
  }
  std::vector<Growth> grown;
  for (const auto& [key, growth] : seen) {
    if (growth.reports > 1 && IsLarge(growth, facts.ram_kb)) grown.push_back(growth);
  }
  std::stable_sort(grown.begin(), grown.end(), [](const Growth& one, const Growth& other) {
    return one.to_kb - one.from_kb > other.to_kb - other.from_kb;
  });
  return grown;
}

std::string GrowthWords(const Growth& growth) {
  std::string words = fmt::format("{} [pid {}] {} -> {}", growth.comm, growth.pid,
                                  SizeText(growth.from_kb), SizeText(growth.to_kb));
  const std::optional<int64_t> seconds = SecondsFromTo(*growth.first, *growth.last);
  if (seconds && *seconds > 0) words += " in " + SpanText(*seconds);
  return fmt::format("{}, {}", words, Counted(growth.reports, "report"));
}

}  // namespace kautopsy
