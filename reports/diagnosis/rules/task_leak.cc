#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/growth.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/program_limit.h"
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
  finding.advice.push_back(LimitGrown(facts, growth));
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
