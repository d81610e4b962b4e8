#pragma once

#include "base/row.h"
#include "parsers/kernel/oom_report.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// The report's first lines: the header of any version and, from 2.6.29 to 4.20, the requester's
// cpuset (mm/oom_kill.c, dump_header(); kernel/cpuset.c, cpuset_print_task_mems_allowed()):
//   oom-killer: gfp_mask=0x201d2, order=0
//   mysqld invoked oom-killer: gfp_mask=0x201da, order=0, oom_adj=0, oom_score_adj=0
//   a.out invoked oom-killer: gfp_mask=0x24280ca(GFP_HIGHUSER_MOVABLE|__GFP_ZERO), nodemask=0,2,
//     order=0, oom_score_adj=0
//   fork invoked oom-killer: order=2, oom_score_adj=0, gfp_mask=0x27000c0(...)      4.4-next only
//   sed cpuset=/ mems_allowed=0-1
// The kernel prints the latter in several pieces since 3.15, between which other CPUs' lines may
// get.
class OomHeaderSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool seen() const { return seen_; }
  // The rest of a broken header is lost.
  bool broken() const { return seen_ && !(report_.order && report_.gfp_mask) && !orderless_; }
  bool cpuset_broken() const { return cpuset_part_.has_value(); }
  // By its words: no comm, or "oomkilladj".
  bool before_2_6_32() const {
    return seen_ && (oomkilladj_ || (!report_.invoker_comm && !behind_others_));
  }
  // Other text stands before it, and hides whose name it has.
  bool behind_others() const { return behind_others_; }
  // By its words: neither comm nor order. The memory report follows at once.
  bool before_2_6_12() const { return orderless_; }
  const OomReport& report() const { return report_; }
  const Text& cpuset_comm() const { return cpuset_comm_; }  // whom the cpuset line names

 private:
  Claim OfferHeader(const LogLine& line);
  Claim OfferCpuset(const LogLine& line);
  Claim OfferCpusetRest(const LogLine& line);
  bool TakeCpuset(std::string_view rest, bool cut);

  bool seen_ = false;
  bool orderless_ = false;
  bool behind_others_ = false;
  bool oomkilladj_ = false;
  Text cpuset_part_;  // what stands behind "cpuset=" while mems_allowed is to come
  Text cpuset_comm_;
  OomReport report_;
};

bool IsOomHeader(const LogLine& line);          // with a comm
bool IsNamelessOomHeader(const LogLine& line);  // without: until 2.6.18
bool IsCpusetLine(const LogLine& line);         // what is left where the header is lost

}  // namespace kautopsy
