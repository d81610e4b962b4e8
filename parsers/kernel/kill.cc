#include "parsers/kernel/kill.h"

#include <array>

#include "base/text.h"
#include "parsers/kernel/task_table.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// What stands before the announcement, or before the victim since 5.1.
constexpr std::string_view kMessage =
    R"re((Out of memory|Out of Memory|Memory cgroup out of memory|Out of memory \(oom_kill_allocating_task\)): )re";

const LogPattern& AnnouncementPattern() {
  static const LogPattern kPattern(std::string(kMessage) +
                                   R"re([Kk]ill process (\d+) \((.{0,15})\) score (\d+) .*)re");
  return kPattern;
}

// Sizes follow in kB; their set and the place of the uid differ by version and distribution.
const LogPattern& VictimPattern() {
  static const LogPattern kPattern(
      "(?:" + std::string(kMessage) +
      R"re()?Killed process (\d+)(?:, UID (\d+),)? \((.{0,15}?)\))re"
      R"re((?:\.|,? (?:UID (\d+), )?(?:total-vm|vsz):(\d+)kB, anon-rss:(\d+)kB(.*))?)re");
  return kPattern;
}

std::string ReasonOf(std::string_view message) {
  if (message.starts_with("Memory cgroup")) return "memcg";
  return message.ends_with("task)") ? "allocating_task" : "global";
}

// ", file-rss:176kB, shmem-rss:0kB, UID:0 pgtables:38108kB oom_score_adj:0": later fields, each at
// most once.
void ParseRest(std::string_view rest, OomKill& kill) {
  static const LogPattern kPattern(R"re([, ]+([\w-]+):(-?\d+)(kB)?(.*))re");
  while (const auto groups = MatchAll<4>(rest, kPattern)) {
    const auto& [name, number, unit, behind] = *groups;
    const Integer value = ParseInteger(number);
    const bool size = !unit.empty();
    if (name == "file-rss" && size)
      kill.file_rss_kb = value;
    else if (name == "shmem-rss" && size)
      kill.shmem_rss_kb = value;
    else if (name == "pgtables" && size)
      kill.pgtables_kb = value;
    else if (name == "UID" && !size)
      kill.uid = value;
    else if (name == "oom_score_adj" && !size)
      kill.oom_score_adj = value;
    rest = behind;
  }
}

}  // namespace

std::span<const Field<OomKill>> OomKill::Fields() {
  using F = Field<OomKill>;
  static constexpr std::array fields = {F("pid", &OomKill::pid),
                                        F("comm", &OomKill::comm),
                                        F("uid", &OomKill::uid),
                                        F("score", &OomKill::score),
                                        F("oom_score_adj", &OomKill::oom_score_adj),
                                        F("total_vm_kb", &OomKill::total_vm_kb),
                                        F("anon_rss_kb", &OomKill::anon_rss_kb),
                                        F("file_rss_kb", &OomKill::file_rss_kb),
                                        F("shmem_rss_kb", &OomKill::shmem_rss_kb),
                                        F("pgtables_kb", &OomKill::pgtables_kb),
                                        F("reason", &OomKill::reason),
                                        F("chosen_pid", &OomKill::chosen_pid),
                                        F("chosen_comm", &OomKill::chosen_comm),
                                        F("guest", &OomKill::guest),
                                        F("workload_kind", &OomKill::workload_kind),
                                        F("workload", &OomKill::workload),
                                        F("log_line", &OomKill::log_line)};
  return fields;
}

bool IsKillLine(const LogLine& line) {
  return Matches(line.text, VictimPattern()) || Matches(line.text, AnnouncementPattern());
}

Claim KillSection::OfferAnnouncement(std::string_view text) {
  const auto groups = MatchAll<4>(text, AnnouncementPattern());
  if (!groups) return Claim::kNone;
  if (chosen_pid_ || !kills_.empty()) return Claim::kConflict;
  const auto& [message, pid, comm, score] = *groups;
  chosen_pid_ = ParseInteger(pid);
  chosen_comm_ = std::string(comm);
  score_ = ParseInteger(score);
  reason_ = ReasonOf(message);
  return Claim::kTaken;
}

Claim KillSection::OfferVictim(const LogLine& line) {
  const auto groups = MatchAll<8>(line.text, VictimPattern());
  if (!groups) return Claim::kNone;
  if (!kills_.empty()) return Claim::kConflict;
  const auto& [message, pid, uid_before, comm, uid_behind, total_vm, anon_rss, rest] = *groups;
  OomKill kill;
  kill.pid = ParseInteger(pid);
  kill.comm = std::string(comm);
  kill.uid = ParseInteger(uid_before.empty() ? uid_behind : uid_before);
  kill.total_vm_kb = ParseInteger(total_vm);
  kill.anon_rss_kb = ParseInteger(anon_rss);
  ParseRest(rest, kill);
  if (!message.empty()) kill.reason = ReasonOf(message);
  kill.log_line = static_cast<int64_t>(line.place.line);
  kills_.push_back(std::move(kill));
  return Claim::kTaken;
}

Claim KillSection::Offer(const LogLine& line) {
  const char first = line.text.empty() ? '\0' : line.text[0];
  if (first != 'O' && first != 'M' && first != 'K') return Claim::kNone;
  const Claim claim = OfferVictim(line);
  return claim == Claim::kNone ? OfferAnnouncement(line.text) : claim;
}

void KillSection::AddTo(EventRecord& event) {
  if (kills_.empty()) return;
  for (OomKill& kill : kills_) {
    kill.score = score_;
    if (!kill.reason) kill.reason = reason_;
    if (chosen_pid_ && chosen_pid_ != kill.pid) {
      kill.chosen_pid = chosen_pid_;
      kill.chosen_comm = chosen_comm_;
    }
    kill.guest = GuestOfComm(*kill.comm);
    if (kill.guest) {
      kill.workload_kind = "guest";
      kill.workload = kill.guest;
    }
  }
  event.rows.push_back(std::make_unique<RowsOf<OomKill>>(std::move(kills_)));
}

}  // namespace kautopsy
