#include <fmt/core.h>

#include <algorithm>

#include "base/shell_word.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/draft.h"
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
      fmt::format("ps -C {} -o rss= | awk '{{s+=$1}} END {{print s}}'",
                  ShellWord(CommName(command.comm)))};
}

// Without a process table: who was killed, and who asked, were one program, which was starting a
// process or a thread.
std::optional<Finding> ForksWithoutTable(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.oom || event.tasks.rows > 0 || event.kills.empty()) return std::nullopt;
  const KillFacts& kill = event.kills.front();
  if (!event.oom->invoker_comm || event.oom->invoker_comm != kill.comm) return std::nullopt;
  const CallPath path = ReadCallPath(facts, event);
  if (!path.site || path.site->name != "kernel_stack") return std::nullopt;
  Finding finding = DraftCause("fork_storm", event);
  finding.role = Role::kContributing;
  finding.severity = Severity::kMinor;
  finding.confidence = Confidence::kLow;
  finding.confidence_why = "how many there were is not in the text";
  const std::string comm = CommName(kill.comm);
  finding.title = fmt::format(
      "{}: {} asked for memory to start another process or thread, and {} "
      "was killed.",
      OnDayHost(facts, event), comm, comm);
  finding.brief = fmt::format("{} started processes until memory was short", comm);
  finding.explanation =
      "Who asked and who was killed have one name. Each process costs kernel memory too: its stack "
      "and its page tables.";
  finding.advice.push_back({fmt::format("ps -C {} -o pid= | wc -l under load; a limit on it "
                                        "(ulimit -u, TasksMax= of its unit)",
                                        ShellWord(comm)),
                            "tells whether it starts more and more of them",
                            "what exceeds the limit fails with EAGAIN", "the count stays below"});
  finding.evidence.push_back(HeaderEvidence(event));
  return finding;
}

}  // namespace

// Many processes of one name hold most of the memory.
std::optional<Finding> RuleForkStorm(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const bool group = event.oom && event.oom->constraint_kind == "memcg";
    if (group) continue;
    if (std::optional<Finding> finding = ForksWithoutTable(facts, event)) return finding;
    if (!facts.ram_kb) continue;
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
