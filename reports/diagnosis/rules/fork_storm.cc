#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Fewer are a few large programs rather than too many.
constexpr int64_t kManyTasks = 20;
// Together they hold most of the memory.
constexpr double kStormShare = 0.5;
// What workers may take of the memory that other programs leave: the kernel needs some, too.
constexpr double kWorkersShare = 0.9;

bool IsGuest(const EventFacts& event, const CommandSum& command) {
  return std::any_of(event.tasks.guests.begin(), event.tasks.guests.end(),
                     [&](const TaskFacts& guest) { return guest.comm == command.comm; });
}

const CommandSum* Storm(const EventFacts& event, int64_t ram_kb) {
  for (const CommandSum& command : event.tasks.commands) {
    const auto rss = static_cast<double>(command.rss_kb.value_or(0));
    const bool many =
        command.tasks >= kManyTasks && rss > kStormShare * static_cast<double>(ram_kb);
    if (many && !IsGuest(event, command)) return &command;
  }
  return nullptr;
}

Advice FewerOf(const EventFacts& event, const CommandSum& command, int64_t ram_kb) {
  const int64_t each_kb = std::max<int64_t>(*command.rss_kb / command.tasks, 1);
  const int64_t others_kb = event.tasks.rss_kb.value_or(*command.rss_kb) - *command.rss_kb;
  const auto room_kb =
      static_cast<int64_t>(kWorkersShare * static_cast<double>(ram_kb - others_kb));
  return {
      fmt::format("at most {} processes of {} (its own limit of workers, or TasksMax= and "
                  "MemoryMax= of its unit)",
                  Thousands(std::max<int64_t>(room_kb / each_kb, 1)), CommName(command.comm)),
      fmt::format("{} each; nine tenths of RAM less what other programs hold", SizeText(each_kb)),
      "requests wait or are refused under load",
      fmt::format("ps -C '{}' -o rss= | awk '{{s+=$1}} END {{print s}}'", CommName(command.comm))};
}

}  // namespace

// Many processes of one name hold most of the memory.
std::optional<Finding> RuleForkStorm(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const bool group = event.oom && event.oom->constraint_kind == "memcg";
    if (group || !facts.ram_kb) continue;
    const CommandSum* const command = Storm(event, *facts.ram_kb);
    if (!command) continue;
    const auto rss = static_cast<double>(*command->rss_kb);
    Finding finding;
    finding.rule = "fork_storm";
    finding.cause = "fork_storm";
    finding.role = Role::kContributing;
    finding.severity = Severity::kMinor;
    finding.confidence = Confidence::kMedium;
    finding.event_id = event.id;
    finding.when = DayText(event);
    const std::string who =
        fmt::format("{} processes {}", Thousands(command->tasks), CommName(command->comm));
    const std::string share = PercentNumber(rss, static_cast<double>(*facts.ram_kb));
    finding.title = fmt::format("{}: {} held {} = {} % of RAM.", OnDayHost(facts, event), who,
                                SizeText(*command->rss_kb), share);
    finding.brief = fmt::format("{} held {} % of RAM", who, share);
    finding.explanation = "Sum of their rows; memory that they share is counted in each.";
    if (rss > static_cast<double>(*facts.ram_kb)) DistrustShare(finding);
    finding.advice.push_back(FewerOf(event, *command, *facts.ram_kb));
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
