#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/growth.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// With as many reports in which it only grew, chance is unlikely.
constexpr int64_t kManyReports = 3;
// One process that holds as much is worth naming, though one report does not show that it grew.
constexpr double kLargestShare = 0.5;

const TaskFacts* RowOf(const EventFacts& event, const Growth& growth) {
  for (const TaskFacts& row : event.tasks.biggest) {
    if (row.pid == growth.pid && CommName(row.comm) == growth.comm) return &row;
  }
  return nullptr;
}

// The most that RAM can hold of it: what other programs held in the first report, when it was
// small, and a reserve are not its own. What it held last is too much where the machine killed
// then.
int64_t MostKb(const IncidentFacts& facts, const Growth& growth) {
  constexpr int64_t kReserveDivisor = 20;  // of RAM: a rule of thumb, as for other limits
  const bool killed = growth.last->oom && growth.last->oom->constraint_kind != "memcg";
  if (!killed || !facts.ram_kb) return growth.to_kb;
  const int64_t reserve_kb = *facts.ram_kb / kReserveDivisor;
  const int64_t below_kb = growth.to_kb - reserve_kb;
  const Integer& all_kb = growth.first->tasks.rss_kb;
  const int64_t room_kb = *facts.ram_kb - reserve_kb - (all_kb.value_or(0) - growth.from_kb);
  return all_kb && room_kb > growth.from_kb ? std::min(room_kb, below_kb) : below_kb;
}

Advice Limit(const IncidentFacts& facts, const Growth& growth) {
  const int64_t most_kb = MostKb(facts, growth);
  Advice advice;
  const bool less = most_kb < growth.to_kb;
  advice.act = most_kb > growth.from_kb
                   ? fmt::format("limit {} in its unit: MemoryMax= between {} and {}", growth.comm,
                                 SizeText(growth.from_kb), SizeText(most_kb))
                   : fmt::format("limit {} in its unit: MemoryMax= below {}", growth.comm,
                                 SizeText(growth.to_kb));
  advice.why =
      less ? "more than it held first; at most what RAM leaves beside the other programs and "
             "a reserve of 5 % [rule of thumb]"
           : "what it held in the first and the last report";
  advice.why += ": beyond it only its own unit is killed";
  advice.risk = "it is killed early if it needs more under load";
  advice.check = fmt::format("grep VmRSS /proc/{}/status, an hour apart", growth.pid);
  return advice;
}

Finding Grown(const IncidentFacts& facts, const Growth& growth) {
  Finding finding;
  finding.rule = "task_leak";
  finding.cause = "task_leak";
  finding.role = Role::kContributing;
  finding.severity = Severity::kMinor;
  finding.confidence =
      growth.steady && growth.reports >= kManyReports ? Confidence::kMedium : Confidence::kLow;
  finding.event_id = growth.last->id;
  finding.when = DayText(*growth.last);
  finding.title = fmt::format("{}: {} grew by {} between reports.", OnDayHost(facts, *growth.last),
                              growth.comm, SizeText(growth.to_kb - growth.from_kb));
  finding.brief =
      fmt::format("{} grew by {}", growth.comm, SizeText(growth.to_kb - growth.from_kb));
  finding.explanation = GrowthWords(growth) + ". Load can do this too, not only a leak.";
  finding.advice.push_back(Limit(facts, growth));
  for (const EventFacts* event : {growth.first, growth.last}) {
    if (const TaskFacts* row = RowOf(*event, growth))
      finding.evidence.push_back(TaskEvidence(*event, *row));
  }
  return finding;
}

std::optional<Finding> Largest(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const bool group = event.oom && event.oom->constraint_kind == "memcg";
    if (group || !facts.ram_kb || event.tasks.biggest.empty()) continue;
    const TaskFacts& task = event.tasks.biggest.front();
    const auto rss = static_cast<double>(task.rss_kb.value_or(0));
    const auto ram = static_cast<double>(*facts.ram_kb);
    if (rss <= kLargestShare * ram) continue;
    Finding finding;
    finding.rule = "largest_consumer";
    finding.confidence = Confidence::kHigh;
    finding.event_id = event.id;
    finding.when = DayText(event);
    finding.title =
        fmt::format("{}: {} alone held {} = {} % of RAM.", OnDayHost(facts, event),
                    CommName(task.comm), SizeText(*task.rss_kb), PercentNumber(rss, ram));
    finding.brief =
        fmt::format("{} held {} % of RAM", CommName(task.comm), PercentNumber(rss, ram));
    finding.explanation = "One report does not show whether it grew; compare an earlier one.";
    if (rss > ram) DistrustShare(finding);
    finding.evidence.push_back(TaskEvidence(event, task));
    return finding;
  }
  return std::nullopt;
}

}  // namespace

// A process that grew from report to report; else the one that holds most of the memory.
std::optional<Finding> RuleTaskLeak(const IncidentFacts& facts) {
  const std::vector<Growth> grown = GrownTasks(facts);
  return grown.empty() ? Largest(facts) : Grown(facts, grown.front());
}

}  // namespace kautopsy
