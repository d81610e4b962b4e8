#pragma once

#include <string>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// The summary since 5.0 (mm/oom_kill.c, dump_oom_summary()), in one line without blanks:
//   oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,
//     oom_memcg=/kubepods/podX,task_memcg=/kubepods/podX/c1,task=java,pid=4242,uid=1000
// It is printed in several pieces, which a console may show as several lines.
struct OomSummary {
  Text constraint_kind;  // none, cpuset, memory_policy, memcg
  Text nodemask;
  Text cpuset;
  Text mems_allowed;
  Text oom_memcg;
  Text task_memcg;
  Text task;
  Integer pid;
  Integer uid;
};

// As far as it goes; none if `text` is no summary. If it is cut, its last field is left out. Lists
// of nodes, cgroup paths and a comm may hold commas, so only the known keys, in their order, part
// the fields.
std::optional<OomSummary> ParseOomSummary(std::string_view text, bool cut = false);

class OomSummarySection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool seen() const { return !text_.empty(); }
  bool whole() const { return summary_.uid.has_value(); }
  const OomSummary& summary() const { return summary_; }

 private:
  std::string text_;
  OomSummary summary_;
};

bool IsOomSummary(const LogLine& line);

}  // namespace kautopsy
