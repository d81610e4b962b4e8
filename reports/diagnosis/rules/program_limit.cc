#include "reports/diagnosis/rules/program_limit.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/shell_word.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/guest_size.h"

namespace kautopsy {
namespace {

// A program below this share of RAM is not what filled the host.
constexpr double kLargestShare = 0.2;
constexpr int64_t kReserveDivisor = 20;  // on a small host a whole GiB would be too much
constexpr int64_t kKbPerMib = 1024;

int64_t ReserveKb(int64_t ram_kb) {
  return std::min(HostReserveKb(ram_kb), ram_kb / kReserveDivisor);
}

std::string ReserveWords(int64_t ram_kb) {
  return fmt::format("a reserve of {} for the kernel and the rest [rule of thumb]",
                     ReserveKb(ram_kb) == ram_kb / kReserveDivisor
                         ? "5 % of RAM"
                         : "0.5 % of RAM, at least 1 GiB");
}

// MemoryMax= is of control groups in version 2, whose memory controller came with 4.5
// (kernel/cgroup/cgroup.c; Documentation/cgroup-v2.txt of that version).
bool HasUnitLimits(const IncidentFacts& facts, const EventFacts& event) {
  return KernelOf(facts, event).AtLeast(4, 5);
}

// Not by pid: whom the kernel killed comes back with another one.
std::string CheckOf(const std::string& comm, bool units) {
  return units ? "memory.events of the unit's control group"
               : fmt::format("ps -C {} -o rss=", ShellWord(comm));
}

std::string RiskOf(bool units) {
  return units ? "it alone is killed when it needs more"
               : "it is slower, or fails, if it needs more under load";
}

// The largest program, cut down so that the reserve of the host stays free. What was free then is
// not the program's to take: below the marks it is the kernel's.
std::optional<Advice> CapLargest(const IncidentFacts& facts, const EventFacts& event,
                                 int64_t ram_kb) {
  if (event.tasks.biggest.empty()) return std::nullopt;
  const TaskFacts& largest = event.tasks.biggest.front();
  const int64_t rss_kb = largest.rss_kb.value_or(0);
  if (ShareOf(rss_kb, ram_kb) < kLargestShare) return std::nullopt;
  const int64_t most_kb = rss_kb - ReserveKb(ram_kb);
  // What it has in swap, the limit does not hold.
  const bool in_swap = largest.swap_kb.value_or(0) > rss_kb / 10;
  if (most_kb <= 0 || in_swap) return std::nullopt;
  const bool units = HasUnitLimits(facts, event);
  Advice advice;
  advice.act = fmt::format("{} at most {}: {}", CommName(largest.comm), SizeText(most_kb),
                           units ? fmt::format("MemoryMax={}M in its unit", most_kb / kKbPerMib)
                                 : "its own settings for heap and buffers");
  advice.why = fmt::format("it held {} - {}, {}", SizeText(rss_kb), SizeText(ReserveKb(ram_kb)),
                           ReserveWords(ram_kb));
  advice.risk = RiskOf(units);
  advice.check = CheckOf(CommName(largest.comm), units);
  return advice;
}

// Programs that have a large share of RAM and swap together, largest in RAM first.
struct LargeOnes {
  std::vector<const TaskFacts*> tasks;
  int64_t rss_kb = 0;
  int64_t swap_kb = 0;
};

LargeOnes LargeOnesOf(const EventFacts& event, int64_t ram_kb) {
  LargeOnes large;
  const int64_t all_kb = ram_kb + (event.mem ? event.mem->total_swap_kb.value_or(0) : 0);
  for (const TaskFacts& task : event.tasks.biggest) {
    const int64_t swap_kb = task.swap_kb.value_or(0);
    if (ShareOf(task.rss_kb.value_or(0) + swap_kb, all_kb) < kLargestShare) continue;
    large.tasks.push_back(&task);
    large.rss_kb += task.rss_kb.value_or(0);
    large.swap_kb += swap_kb;
  }
  return large;
}

std::string HeldWords(const LargeOnes& large) {
  std::string words = SizeText(large.rss_kb) + " in RAM";
  if (large.swap_kb > 0) words += fmt::format(" and {} in swap", SizeText(large.swap_kb));
  return words;
}

std::string NamesOf(const LargeOnes& large) {
  std::vector<std::string> names;
  for (const TaskFacts* const task : large.tasks) {
    const int64_t all_kb = task->rss_kb.value_or(0) + task->swap_kb.value_or(0);
    names.push_back(large.tasks.size() == 1
                        ? CommName(task->comm)
                        : fmt::format("{} [{}]", CommName(task->comm), SizeText(all_kb)));
  }
  return JoinWords(names);
}

// A limit on RAM alone would only push more into swap, which was full: MemorySwapMax= is
// memory.swap.max of the same control groups (mm/memcontrol.c, since 4.5 too).
std::string HowToLimit(const LargeOnes& large, bool units, int64_t reserve_kb) {
  const bool one = large.tasks.size() == 1;
  if (std::ranges::all_of(large.tasks,
                          [](const TaskFacts* task) { return task->guest.has_value(); }))
    return one ? "a smaller guest" : "smaller guests";
  if (one && units && large.rss_kb > reserve_kb)
    return fmt::format("MemoryMax={}M and MemorySwapMax={}M in its unit",
                       (large.rss_kb - reserve_kb) / kKbPerMib, large.swap_kb / kKbPerMib);
  return one ? "its own settings for heap and buffers" : "their own settings for heap and buffers";
}

// What the large programs have in RAM and in swap together was too much by what the host needs.
std::optional<Advice> LimitTogether(const IncidentFacts& facts, const EventFacts& event,
                                    int64_t ram_kb) {
  const LargeOnes large = LargeOnesOf(event, ram_kb);
  const int64_t reserve_kb = ReserveKb(ram_kb);
  const int64_t most_kb = large.rss_kb + large.swap_kb - reserve_kb;
  if (large.tasks.empty() || most_kb <= 0) return std::nullopt;
  const bool one = large.tasks.size() == 1;
  Advice advice;
  advice.act = fmt::format("{}{} at most {}{}: {}", NamesOf(large), one ? "" : " together",
                           SizeText(most_kb), large.swap_kb > 0 ? " in RAM and swap" : "",
                           HowToLimit(large, HasUnitLimits(facts, event), reserve_kb));
  advice.why = fmt::format("{} held {} - {}, {}", one ? "it" : "they", HeldWords(large),
                           SizeText(reserve_kb), ReserveWords(ram_kb));
  advice.risk = one ? RiskOf(HasUnitLimits(facts, event))
                    : "what gets too little is slower, or fails, under load";
  advice.check = large.swap_kb > 0 ? "vmstat 1: si and so stay near 0"
                                   : CheckOf(CommName(large.tasks.front()->comm), false);
  return advice;
}

bool KilledForHost(const EventFacts& event) {
  return event.oom && !OfGroup(event) && !event.oom->sysrq;
}

bool IsLargestOf(const EventFacts& event, const Growth& growth) {
  return !event.tasks.biggest.empty() && event.tasks.biggest.front().pid == growth.pid &&
         CommName(event.tasks.biggest.front().comm) == growth.comm;
}

// The most that RAM can hold of it: what other programs held in the first report, when it was
// small, and a reserve are not its own. What it held last is too much where the machine killed
// then.
int64_t MostKb(const IncidentFacts& facts, const Growth& growth) {
  const bool killed = growth.last->oom && growth.last->oom->constraint_kind != "memcg";
  if (!killed || !facts.ram_kb) return growth.to_kb;
  const int64_t reserve_kb = *facts.ram_kb / kReserveDivisor;
  const int64_t below_kb = growth.to_kb - reserve_kb;
  const Integer& all_kb = growth.first->tasks.rss_kb;
  const int64_t room_kb = *facts.ram_kb - reserve_kb - (all_kb.value_or(0) - growth.from_kb);
  return all_kb && room_kb > growth.from_kb ? std::min(room_kb, below_kb) : below_kb;
}

std::string RangeWords(const Growth& growth, int64_t most_kb) {
  return most_kb > growth.from_kb
             ? fmt::format("between {} and {}", SizeText(growth.from_kb), SizeText(most_kb))
             : "below " + SizeText(growth.to_kb);
}

// What grew and filled the host, if it is the largest of the event or became larger than that.
const Growth* GrownAt(const EventFacts& event, const std::vector<Growth>& grown) {
  if (event.tasks.biggest.empty() || grown.empty()) return nullptr;
  const auto largest =
      std::ranges::find_if(grown, [&](const Growth& growth) { return IsLargestOf(event, growth); });
  if (largest != grown.end()) return &*largest;
  const int64_t largest_kb = event.tasks.biggest.front().rss_kb.value_or(0);
  return grown.front().to_kb > largest_kb ? &grown.front() : nullptr;
}

}  // namespace

Advice LimitGrown(const IncidentFacts& facts, const Growth& growth) {
  // As the largest of a host that was full already it had too much before it grew.
  if (facts.ram_kb && KilledForHost(*growth.first) && IsLargestOf(*growth.first, growth)) {
    if (std::optional<Advice> cap = CapLargest(facts, *growth.first, *facts.ram_kb)) return *cap;
  }
  const int64_t most_kb = MostKb(facts, growth);
  const bool units = HasUnitLimits(facts, *growth.last);
  const std::string range = RangeWords(growth, most_kb);
  Advice advice;
  advice.act =
      fmt::format("{} {}: {}", growth.comm, range,
                  units ? "MemoryMax= in its unit" : "its own settings for heap and buffers");
  advice.why = most_kb < growth.to_kb
                   ? "more than it held first; at most what RAM leaves beside the other programs "
                     "and a reserve of 5 % [rule of thumb]"
                   : "what it held in the first and the last report";
  if (units) advice.why += ": beyond it only its own unit is killed";
  advice.risk = RiskOf(units);
  advice.check = CheckOf(growth.comm, units);
  return advice;
}

std::optional<Advice> LimitProgram(const IncidentFacts& facts, const EventFacts& event,
                                   int64_t ram_kb) {
  const std::vector<Growth> grown = GrownTasks(facts);
  if (const Growth* const growth = GrownAt(event, grown)) return LimitGrown(facts, *growth);
  if (std::optional<Advice> cap = CapLargest(facts, event, ram_kb)) return cap;
  return LimitTogether(facts, event, ram_kb);
}

}  // namespace kautopsy
