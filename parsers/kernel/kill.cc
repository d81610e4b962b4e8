#include "parsers/kernel/kill.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "parsers/kernel/comm.h"
#include "parsers/kernel/workload.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// What stands before the announcement, or before the victim until 2.6.18 and since 5.1.
constexpr std::string_view kMessage =
    R"re((Out of [Mm]emory|Memory cgroup out of memory|Out of [Mm]emory \(oom_kill_allocating_task\))re"
    R"re(|No available memory \(MPOL_BIND\)|No available memory in cpuset): )re";

const LogPattern& AnnouncementPattern() {
  static const LogPattern kPattern(
      std::string(kMessage) +
      R"re([Kk]ill process (\d+) ?\((.{0,15})\) (?:with )?score (-?\d+)(?: .*)?)re");
  return kPattern;
}

// In every line that tells a victim; a search for it is much faster than the pattern.
constexpr std::string_view kKilled = "Killed process ";

// Sizes follow in kB; their set and the place of the uid differ by version and distribution.
const LogPattern& VictimPattern() {
  static const LogPattern kPattern(
      "(?:" + std::string(kMessage) +
      R"re()?Killed process (\d+)(?:, UID (\d+),)? ?\((.{0,15}?)\))re"
      R"re((?:\.|(,? +(?:UID \d+, )?(?:total-vm|vsz):\d+(?:kB.*)?))?)re");
  return kPattern;
}

// "OOM victim 77 (x) is already exiting. Skip killing the task" (since 5.9).
const LogPattern& SkipPattern() {
  static const LogPattern kPattern(
      std::string(kMessage) +
      R"re(OOM victim (\d+) \((.{0,15})\) is already exiting\. Skip killing the task)re");
  return kPattern;
}

constexpr std::string_view kNoneKillable = "Out of memory and no killable processes...";

// The same for a request by SysRq-f (since 4.19).
constexpr std::string_view kNoneEligible = "OOM request ignored. No task eligible";

std::string ReasonOf(std::string_view message) {
  if (message.starts_with("Memory cgroup")) return "memcg";
  return message.ends_with("task)") ? "allocating_task" : "global";
}

// Stores one field of the victim's line; unknown ones are passed over.
void StoreField(std::string_view name, std::string_view unit, const Integer& value, OomKill& kill) {
  using Column = std::pair<std::string_view, Integer OomKill::*>;
  static constexpr std::array<Column, 6> kSizes = {{{"total-vm", &OomKill::total_vm_kb},
                                                    {"vsz", &OomKill::total_vm_kb},
                                                    {"anon-rss", &OomKill::anon_rss_kb},
                                                    {"file-rss", &OomKill::file_rss_kb},
                                                    {"shmem-rss", &OomKill::shmem_rss_kb},
                                                    {"pgtables", &OomKill::pgtables_kb}}};
  static constexpr std::array<Column, 2> kNumbers = {
      {{"UID", &OomKill::uid}, {"oom_score_adj", &OomKill::oom_score_adj}}};
  const auto store = [&](const auto& columns) {
    for (const auto& [word, column] : columns) {
      if (word == name && !(kill.*column)) kill.*column = value;
    }
  };
  if (unit.empty())
    store(kNumbers);
  else
    store(kSizes);
}

// ", file-rss:176kB, shmem-rss:0kB, UID:0 pgtables:38108kB oom_score_adj:0": fields in any order,
// as far as they go.
void TakeFields(std::string_view rest, OomKill& kill) {
  static const LogPattern kPattern(R"re([, ]*([\w-]+)[: ](-?\d+)(kB)?([, ].*)?)re");
  while (!rest.empty() && rest != ",") {
    const auto groups = MatchAll<4>(rest, kPattern);
    if (!groups) return;
    const auto& [name, number, unit, behind] = *groups;
    StoreField(name, unit, ParseInteger(number), kill);
    rest = behind;
  }
}

// Panics of the OOM killer: nobody killable (until 4.18, and 4.19's successor of that text), or
// panic_on_oom, in the words of 2.6.18 and of 2.6.36.
bool IsOomPanic(std::string_view text) {
  if (!ConsumePrefix(text, "Kernel panic - not syncing: ")) return false;
  return text.starts_with("Out of memory") || text.starts_with("out of memory") ||
         text.starts_with("System is deadlocked on memory");
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
                                        F("repeated", &OomKill::repeated),
                                        F("shares_mm", &OomKill::shares_mm),
                                        F("cgroup", &OomKill::cgroup),
                                        F("guest", &OomKill::guest),
                                        F("workload_kind", &OomKill::workload_kind),
                                        F("workload", &OomKill::workload),
                                        F("reaped", &OomKill::reaped),
                                        F("reaped_anon_rss_kb", &OomKill::reaped_anon_rss_kb),
                                        F("reaped_shmem_rss_kb", &OomKill::reaped_shmem_rss_kb),
                                        F("log_line", &OomKill::log_line)};
  return fields;
}

bool IsKillLine(const LogLine& line) {
  return Matches(line.text, VictimPattern()) || Matches(line.text, AnnouncementPattern()) ||
         Matches(line.text, SkipPattern()) || line.text == kNoneKillable;
}

std::optional<OomKill> ParseFaultKill(std::string_view text) {
  static const LogPattern kPattern(R"re(VM: [kK]illing process (.{1,15}?)(?:\((\d+)\))?)re");
  const auto groups = MatchAll<2>(text, kPattern);
  if (!groups) return std::nullopt;
  OomKill kill;
  kill.comm = std::string((*groups)[0]);
  kill.pid = ParseInteger((*groups)[1]);
  return kill;
}

Claim KillSection::OfferAnnouncement(std::string_view text) {
  if (text.find("ill process ") == std::string_view::npos) return Claim::kNone;
  const auto groups = MatchAll<4>(text, AnnouncementPattern());
  if (!groups) return Claim::kNone;
  if (chosen_pid_ || !kills_.empty()) return Claim::kConflict;
  const auto& [message, pid, comm, score] = *groups;
  chosen_pid_ = ParseInteger(pid);
  chosen_comm_ = std::string(comm);
  score_ = ParseInteger(score);
  message_ = std::string(message);
  return Claim::kTaken;
}

bool KillSection::IsKnown(const OomKill& kill) const {
  return std::any_of(kills_.begin(), kills_.end(), [&](const OomKill& other) {
    return other.pid == kill.pid && other.comm == kill.comm;
  });
}

// A second victim belongs here only if a group is killed; the first one is printed again then, and
// what comes again of the others is a copy that the log's transport made.
Claim KillSection::OfferVictim(std::string_view text, const LogLine& line) {
  if (text.find(kKilled) == std::string_view::npos) return Claim::kNone;
  const auto groups = MatchAll<5>(text, VictimPattern());
  if (!groups) return Claim::kNone;
  const auto& [message, pid, uid, comm, fields] = *groups;
  if (line.cut && !line.trimmed && fields.empty()) return Claim::kNone;  // the comm may go on
  // 2.6 tells it for each thread of the process (mm/oom_kill.c, __oom_kill_task()), without sizes.
  if (kills_.size() == 1 && !group_ && fields.empty() && kills_[0].pid == ParseInteger(pid) &&
      kills_[0].comm == comm)
    return Claim::kTaken;
  if (!kills_.empty() && !group_) {
    // Another kill's. The reaper may still tell of the one before.
    const bool awaits_reaper = !kills_[0].reaped && kills_[0].pid != ParseInteger(pid);
    return awaits_reaper ? Claim::kNone : Claim::kConflict;
  }
  OomKill kill;
  kill.pid = ParseInteger(pid);
  kill.comm = std::string(comm);
  kill.uid = ParseInteger(uid);
  TakeFields(fields, kill);
  if (IsKnown(kill)) {
    const bool told_again = std::any_of(kills_.begin(), kills_.end(), [](const OomKill& other) {
      return other.repeated.has_value();
    });
    if (told_again || kills_[0].pid != kill.pid) return Claim::kTaken;
    kill.repeated = 1;
  }
  kill.cgroup = group_;
  if (group_)
    kill.reason = "group";
  else if (!message.empty())
    kill.reason = ReasonOf(message);
  if (!message.empty() && !message_) {
    message_ = std::string(message);
    message_in_victim_line_ = true;
  } else if (message.starts_with("No available memory")) {
    message_ = std::string(message);  // tells more than the announcement (2.6.16 to 2.6.18)
  }
  kill.log_line = static_cast<int64_t>(line.place.line);
  kills_.push_back(std::move(kill));
  return Claim::kTaken;
}

// "Kill process 77 (x) sharing same memory": another process that runs on the victim's memory.
Claim KillSection::OfferSharing(const LogLine& line) {
  static const LogPattern kPattern(R"re(Kill process (\d+) \((.{0,15})\) sharing same memory)re");
  const auto groups = MatchAll<2>(line.text, kPattern);
  if (!groups || (!announced() && kills_.empty())) return Claim::kNone;
  const auto& [pid, comm] = *groups;
  OomKill kill;
  kill.pid = ParseInteger(pid);
  kill.comm = std::string(comm);
  kill.shares_mm = 1;
  if (IsKnown(kill)) return Claim::kConflict;
  kill.log_line = static_cast<int64_t>(line.place.line);
  kills_.push_back(std::move(kill));
  return Claim::kTaken;
}

// Since 4.19 (mm/memcontrol.c, mem_cgroup_print_oom_group()).
Claim KillSection::OfferGroup(std::string_view text) {
  static const LogPattern kPattern(
      R"re(Tasks in (.*) are going to be killed due to memory\.oom\.group set)re");
  const auto groups = MatchAll<1>(text, kPattern);
  if (!groups) return Claim::kNone;
  if (group_) return Claim::kConflict;
  group_ = std::string((*groups)[0]);
  return Claim::kTaken;
}

// The reaper comes late, maybe within the next report, so only the pid shows whose line it is.
Claim KillSection::OfferReaper(std::string_view text) {
  static const LogPattern kReaped(
      R"re(reaped process :?(\d+) \((.{0,15})\),?(?: now)?(?: anon-rss:(\d+)kB)?.*?)re"
      R"re((?:shmem-rss:(\d+).B)?)re");
  static const LogPattern kGivenUp(R"re((?:unable to reap|giving up) pid:(\d+) \((.{0,15})\))re");
  const auto reaped = MatchAll<4>(text, kReaped);
  const auto given_up = reaped ? std::nullopt : MatchAll<2>(text, kGivenUp);
  if (!reaped && !given_up) return Claim::kNone;
  const Integer pid = ParseInteger(reaped ? (*reaped)[0] : (*given_up)[0]);
  for (OomKill& kill : kills_) {
    if (kill.pid != pid || kill.reaped) continue;
    kill.reaped = reaped ? 1 : 0;
    if (reaped) {
      kill.reaped_anon_rss_kb = ParseInteger((*reaped)[2]);
      kill.reaped_shmem_rss_kb = ParseInteger((*reaped)[3]);
    }
    return Claim::kTaken;
  }
  return Claim::kNone;
}

// A panic's line is a record of its own, which starts there: noted here, not claimed.
Claim KillSection::OfferNoVictim(std::string_view text) {
  if (IsOomPanic(text)) {
    outcome_ = "panicked";
    return Claim::kNone;
  }
  if (text == kNoneKillable || text.starts_with(kNoneEligible)) {
    if (outcome_ || !kills_.empty()) return Claim::kConflict;
    outcome_ = "none_killable";
    return Claim::kTaken;
  }
  // mm/oom_kill.c, pagefault_out_of_memory(), since 5.16: the fault is tried again, nobody is
  // killed.
  if (text.starts_with("Huh VM_FAULT_OOM leaked out to the #PF handler")) return Claim::kTaken;
  const auto groups = MatchAll<3>(text, SkipPattern());
  if (!groups) return Claim::kNone;
  if (outcome_) return Claim::kConflict;
  outcome_ = "skipped";
  message_ = std::string((*groups)[0]);
  if (chosen_pid_) return Claim::kTaken;
  chosen_pid_ = ParseInteger((*groups)[1]);
  chosen_comm_ = std::string((*groups)[2]);
  return Claim::kTaken;
}

// The victim that faults before it is dead gets no memory either: the same death once more.
Claim KillSection::OfferFault(std::string_view text) const {
  const std::optional<OomKill> fault = ParseFaultKill(text);
  const bool victim = fault && std::any_of(kills_.begin(), kills_.end(), [&](const OomKill& kill) {
                        return kill.comm == fault->comm && (!fault->pid || kill.pid == fault->pid);
                      });
  return victim ? Claim::kTaken : Claim::kNone;
}

bool KillSection::Expects(std::string_view text, const Integer& chosen) const {
  const char first = text.empty() ? '\0' : text[0];
  if (!chosen || ended() || (first != 'K' && first != 'O' && first != 'M')) return false;
  const std::size_t at = text.find(kKilled);
  if (at == std::string_view::npos) return false;
  std::string_view rest = text.substr(at + kKilled.size());
  return ConsumeInteger(rest) == chosen && Matches(text, VictimPattern());
}

Claim KillSection::Offer(const LogLine& line) {
  std::string_view text = line.text;
  if (ConsumePrefix(text, "oom_reaper: ")) return OfferReaper(text);
  const char first = text.empty() ? '\0' : text[0];
  if (first == 'T') return OfferGroup(text);
  if (first == 'V') return OfferFault(text);
  if (first == 'O' || first == 'M' || first == 'K' || first == 'N' || first == 'H') {
    Claim claim = OfferVictim(text, line);
    if (claim == Claim::kNone) claim = OfferAnnouncement(text);
    if (claim == Claim::kNone) claim = OfferNoVictim(text);
    if (claim == Claim::kNone && first == 'K') claim = OfferSharing(line);
    if (claim != Claim::kNone) return claim;
  }
  return Claim::kNone;
}

Text KillSection::constraint_kind() const {
  if (!message_) return std::nullopt;
  if (message_->starts_with("Memory cgroup")) return "memcg";
  if (message_->ends_with("(MPOL_BIND)")) return "memory_policy";
  return message_->ends_with("cpuset") ? Text("cpuset") : std::nullopt;
}

void KillSection::AddTo(EventRecord& event) {
  if (kills_.empty()) return;
  for (OomKill& kill : kills_) {
    if (&kill == kills_.data()) kill.score = score_;
    if (!kill.reason && message_) kill.reason = ReasonOf(*message_);
    const bool chosen_itself = &kill != kills_.data() || kill.pid == chosen_pid_;
    if (chosen_pid_ && !chosen_itself) {
      kill.chosen_pid = chosen_pid_;
      kill.chosen_comm = chosen_comm_;
    }
    kill.guest = GuestOfComm(*kill.comm);
    const std::optional<Workload> workload =
        kill.cgroup ? WorkloadOfCgroup(*kill.cgroup) : std::nullopt;
    if (workload && workload->kind == "guest") kill.guest = workload->name;
    if (kill.guest) {
      kill.workload_kind = "guest";
      kill.workload = kill.guest;
    } else if (workload) {
      kill.workload_kind = workload->kind;
      kill.workload = workload->name;
    }
  }
  event.rows.push_back(std::make_unique<RowsOf<OomKill>>(std::move(kills_)));
}

}  // namespace kautopsy
