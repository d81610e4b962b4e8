// A kill by a program that watches memory before the kernel has to act.
//   Killed /user.slice/a.scope due to memory pressure for /user.slice being 61.42% > 50.00% for >
//   20s with reclaim activity
//   Killed /a.slice/b.service due to memory used (5) / total (6) and swap used (1) / total (1)
//   being more than 90.00%
// systemd-oomd, src/oom/oomd-manager.c, monitor_memory_pressure_contexts_handler() and
// monitor_swap_contexts_handler(); newer ones say "Marked ... for killing due to". What the
// versions before 249 print is not known here.
//   sending SIGTERM to process 4711 uid 1000 "java": badness 914, VmRSS 3120 MiB
// earlyoom, kill.c, kill_process(); newer ones print "oom_score 914, oom_score_adj 0" in place of
// badness, and the command line behind. Older ones have no uid, or
//   killing process 27541 "bash" with signal 15: badness 550, VmRSS 7609 MiB
//   Killing process 'bash' with signal 15, pid: 5874, badness: 538, VmRSS: 3160 MiB
#include <fmt/core.h>

#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/kill.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/kernel/workload.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

struct UserspaceKill {
  OomKill row;
  std::string title;
  std::string reason;  // as printed; a cut line may lack the end of it
};

std::optional<UserspaceKill> ParseOomd(std::string_view text) {
  if (!text.starts_with("Killed /") && !text.starts_with("Marked /")) return std::nullopt;
  static const LogPattern kPattern(
      R"re((?:Killed (/\S*)|Marked (/\S*) for killing) due to (memory pressure for /\S* being .+|)re"
      R"re(memory used \(\d+\) / total \(\d+\) and swap used \(\d+\) / total \(\d+\) being .+))re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [killed, marked, reason] = *groups;
  const std::string_view cgroup = killed.empty() ? marked : killed;
  UserspaceKill kill;
  kill.row.cgroup = std::string(cgroup);
  if (const std::optional<Workload> workload = WorkloadOfCgroup(cgroup)) {
    kill.row.workload_kind = workload->kind;
    kill.row.workload = workload->name;
  }
  kill.title = "systemd-oomd: killed " + kill.row.workload.value_or(*kill.row.cgroup);
  kill.reason = std::string(reason);
  return kill;
}

std::optional<UserspaceKill> ParseOldEarlyoom(std::string_view text) {
  static const LogPattern kPattern(
      R"re(killing process (\d+) "(.{0,15})" with signal (\d+): badness (\d+)(?:, VmRSS .*)?|)re"
      R"re(Killing process '(.{0,15})' with signal (\d+), pid: (\d+), badness: (\d+)(?:, VmRSS: .*)?)re");
  const auto groups = MatchAll<8>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [pid, comm, signal, score, old_comm, old_signal, old_pid, old_score] = *groups;
  const bool old = pid.empty();
  const std::string_view number = old ? old_signal : signal;
  if (number != "9" && number != "15") return std::nullopt;  // 0 kills nobody
  UserspaceKill kill;
  kill.row.pid = ParseInteger(old ? old_pid : pid);
  kill.row.comm = std::string(old ? old_comm : comm);
  kill.row.score = ParseInteger(old ? old_score : score);
  kill.row.guest = GuestOfComm(*kill.row.comm);
  kill.title = fmt::format("earlyoom: {} to {} (pid {})", number == "9" ? "SIGKILL" : "SIGTERM",
                           *kill.row.comm, *kill.row.pid);
  return kill;
}

std::optional<UserspaceKill> ParseEarlyoom(std::string_view text) {
  if (!text.starts_with("sending SIG")) return ParseOldEarlyoom(text);
  static const LogPattern kPattern(
      R"re(sending (SIGTERM|SIGKILL) to process (\d+)(?: uid (\d+))? "(.{0,15})": )re"
      R"re((?:badness|oom_score) (\d+),(?: oom_score_adj (-?\d+),)?(.* VmRSS \d+ MiB.*)?)re");
  const auto groups = MatchAll<7>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [signal, pid, uid, comm, score, adj, rest] = *groups;
  UserspaceKill kill;
  kill.row.pid = ParseInteger(pid);
  kill.row.uid = ParseInteger(uid);
  kill.row.comm = std::string(comm);
  kill.row.score = ParseInteger(score);
  kill.row.oom_score_adj = ParseInteger(adj);
  kill.row.guest = GuestOfComm(comm);
  kill.title = fmt::format("earlyoom: {} to {} (pid {})", signal, comm, pid);
  return kill;
}

std::optional<UserspaceKill> Parse(std::string_view text) {
  std::optional<UserspaceKill> kill = ParseOomd(text);
  return kill ? kill : ParseEarlyoom(text);
}

class UserspaceKillBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed()) return Claim::kNone;
    kill_ = Parse(line.text);
    if (!kill_) return Claim::kNone;
    cut_ = line.cut;
    kill_->row.log_line = static_cast<int64_t>(line.place.line);
    return Claim::kTaken;
  }

  bool closed() const override { return kill_.has_value(); }

  void Finish(EventRecord& event) override {
    event.comm = kill_->row.comm;
    event.pid = kill_->row.pid;
    event.title = std::move(kill_->title);
    if (!cut_ && !kill_->reason.empty()) event.title += ": " + kill_->reason;
    Damage damage;
    damage.AddIf(cut_, "the line is cut");
    damage.StoreIn(event);
    event.rows.push_back(
        std::make_unique<RowsOf<OomKill>>(std::vector<OomKill>{std::move(kill_->row)}));
  }

 private:
  std::optional<UserspaceKill> kill_;
  bool cut_ = false;
};

// The same words in another program's line are somebody's quotation.
bool IsKill(const LogLine& line) { return line.witness && Parse(line.text).has_value(); }

// earlyoom may print to a terminal, without a prefix.
bool IsBareKill(const LogLine& line) {
  return !line.prefixed && !line.cut && ParseEarlyoom(line.text).has_value();
}

}  // namespace

RecordKind UserspaceKillKind() {
  return {.name = "userspace_kill",
          .openers = {{" due to memory ", IsKill, false},
                      {"sending SIG", IsKill, false},
                      {"illing process ", IsKill, false},
                      {"sending SIG", IsBareKill, true},
                      {"illing process ", IsBareKill, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<UserspaceKillBlock>()); }};
}

}  // namespace kautopsy
