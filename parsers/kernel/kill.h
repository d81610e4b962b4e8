#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// A process that the OOM killer killed. Relation `oom_kill`.
struct OomKill {
  Integer pid;
  Text comm;
  Integer uid;
  Integer score;
  Integer oom_score_adj;
  Integer total_vm_kb;
  Integer anon_rss_kb;
  Integer file_rss_kb;
  Integer shmem_rss_kb;
  Integer pgtables_kb;
  Text reason;         // global, memcg, group, allocating_task or manual
  Integer chosen_pid;  // of the announced process, when one of its children was killed
  Text chosen_comm;
  Integer repeated;   // 1: the same kill printed again
  Integer shares_mm;  // 1: killed because it shares the victim's memory
  Text cgroup;
  Text guest;
  Text workload_kind;
  Text workload;
  Integer reaped;
  Integer reaped_anon_rss_kb;
  Integer reaped_shmem_rss_kb;
  Integer log_line;

  static constexpr std::string_view kRelation = "oom_kill";
  static std::span<const Field<OomKill>> Fields();
};

// How the OOM killer's search for a victim ended (mm/oom_kill.c, oom_kill_process() and its
// callees): the announcement until 5.0, the victim's line, those of its group or of processes that
// share its memory, what the reaper says later, or why nobody was killed.
//   Out of memory: Kill process 3878 (x) score 318 or sacrifice child
//   Killed process 3878, UID 0, (x) total-vm:...
class KillSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  const std::vector<OomKill>& kills() const { return kills_; }
  std::vector<OomKill>& kills() { return kills_; }
  bool announced() const { return chosen_pid_.has_value(); }
  const Integer& chosen_pid() const { return chosen_pid_; }
  const Text& chosen_comm() const { return chosen_comm_; }
  // memory_policy or cpuset, if the message names it (until 2.6.35); memcg; none if global or
  // unknown.
  Text constraint_kind() const;
  // killed, panicked, none_killable, skipped; none if no line says how it ended.
  Text outcome() const { return kills_.empty() ? outcome_ : Text("killed"); }
  // True if the line tells the death of `chosen`, and nobody was killed yet.
  bool Expects(std::string_view text, const Integer& chosen) const;
  // Somebody was killed, or nobody will be because the kernel panics.
  bool ended() const { return !kills_.empty() || outcome_ == "panicked"; }
  // The message stands in the victim's own line, as since 5.1; the summary of 5.0 must be there
  // too.
  bool message_in_victim_line() const { return message_in_victim_line_; }
  bool empty() const { return kills_.empty() && !announced() && !outcome_; }
  void AddTo(EventRecord& event);

 private:
  Claim OfferAnnouncement(std::string_view text);
  Claim OfferVictim(std::string_view text, const LogLine& line);
  Claim OfferSharing(const LogLine& line);
  Claim OfferGroup(std::string_view text);
  Claim OfferReaper(std::string_view text);
  Claim OfferNoVictim(std::string_view text);
  Claim OfferFault(std::string_view text) const;
  bool IsKnown(const OomKill& kill) const;

  Integer chosen_pid_;
  Text chosen_comm_;
  Integer score_;
  Text message_;
  Text outcome_;
  Text group_;  // the cgroup of which all are killed
  bool message_in_victim_line_ = false;
  std::vector<OomKill> kills_;
};

// "VM: killing process httpd": a page fault without memory, see fault_kill.cc.
std::optional<OomKill> ParseFaultKill(std::string_view text);

// True for a line that can be all that is left of a report: announcement, victim, none found.
bool IsKillLine(const LogLine& line);

}  // namespace kautopsy
