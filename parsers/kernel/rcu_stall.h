#pragma once

#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// One CPU or task that holds up a grace period of RCU. Relation `rcu_stall`.
struct RcuStall {
  Integer cpu;
  Integer pid;
  Text state;  // as printed
  Integer log_line;

  static constexpr std::string_view kRelation = "rcu_stall";
  static std::span<const Field<RcuStall>> Fields();
};

// The lines between a stall's head and its traces (kernel/rcu/tree_stall.h; tree.c and
// tree_plugin.h before 5.1):
//   rcu:     0-...!: (3 GPs behind) idle=574/0/0x0 softirq=427/427 fqs=1  (false positive?)
//   rcu:     Tasks blocked on level-0 rcu_node (CPUs 0-3): P4321/1:b..l
//    (detected by 13, t=5252 jiffies, g=3145, q=224)
class RcuStallSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  // The report's first line, in which the CPUs and tasks stand in 2.6.35 to 4.x, and in expedited
  // stalls:
  // "{ 12 13} (detected by 17, t=60002 jiffies)".
  void TakeHead(const LogLine& line);
  // False for a CPU that is not among those that stall, as far as the lines so far tell.
  bool IsStalled(const Integer& cpu) const;
  // None of these lines was read but the report's first.
  bool empty() const { return stalls_.empty() && !jiffies_; }
  const Integer& jiffies() const { return jiffies_; }
  const Integer& cpu() const { return cpu_; }
  void AddTo(EventRecord& event) { AddRows(event, std::move(stalls_)); }

 private:
  void NoteDetector(std::string_view text);
  bool TakeCpu(const LogLine& line, std::string_view text);
  bool TakeTasks(const LogLine& line, std::string_view text);

  std::vector<RcuStall> stalls_;
  Integer jiffies_;
  Integer detector_;  // the CPU that tells of the stall
  Integer cpu_;       // the first that stalls
};

}  // namespace kautopsy
