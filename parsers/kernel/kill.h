#pragma once

#include <string>
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
  Text reason;         // global, memcg, allocating_task
  Integer chosen_pid;  // of the announced process, when one of its children was killed
  Text chosen_comm;
  Text guest;
  Text workload_kind;
  Text workload;
  Integer log_line;

  static constexpr std::string_view kRelation = "oom_kill";
  static std::span<const Field<OomKill>> Fields();
};

// "Out of memory: Kill process 3878 (x) score 318 or sacrifice child" and the line of the victim,
// "Killed process 3878, UID 0, (x) total-vm:..." (mm/oom_kill.c, oom_kill_process()).
class KillSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  const std::vector<OomKill>& kills() const { return kills_; }
  bool announced() const { return chosen_pid_.has_value(); }
  const Integer& chosen_pid() const { return chosen_pid_; }
  const Text& chosen_comm() const { return chosen_comm_; }
  void AddTo(EventRecord& event);

 private:
  Claim OfferAnnouncement(std::string_view text);
  Claim OfferVictim(const LogLine& line);

  Integer chosen_pid_;
  Text chosen_comm_;
  Integer score_;
  Text reason_;
  std::vector<OomKill> kills_;
};

// True for both lines.
bool IsKillLine(const LogLine& line);

}  // namespace kautopsy
