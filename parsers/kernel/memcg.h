#pragma once

#include <string>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"
#include "parsers/kernel/task_scores.h"

namespace kautopsy {

// Use and limit of one of a memory cgroup's counters. Relation `memcg`.
struct MemcgCounter {
  Text path;
  Text counter;  // memory, memory_swap, swap or kmem
  Integer usage_kb;
  Integer limit_kb;  // none if unlimited
  Integer unlimited;
  Integer failcnt;
  Integer log_line;

  static constexpr std::string_view kRelation = "memcg";
  static std::span<const Field<MemcgCounter>> Fields();
};

// One figure of a memory cgroup's statistics. Relation `memcg_stat`.
struct MemcgStat {
  Text path;
  Text name;
  Integer value;
  Text unit;  // kB, bytes or count
  Integer log_line;

  static constexpr std::string_view kRelation = "memcg_stat";
  static std::span<const Field<MemcgStat>> Fields();
};

// The block that stands for a memory cgroup instead of Mem-Info, or until 3.8 besides it
// (mm/memcontrol.c, mem_cgroup_print_oom_info(), mem_cgroup_print_oom_context() and
// mem_cgroup_print_oom_meminfo()):
//   Task in /a/b killed as a result of limit of /a                    until 4.20
//   memory: usage 205168kB, limit 204800kB, failcnt 6909
//   Memory cgroup stats for /a: cache:680KB rss:176336KB ...          until 5.2
//   Memory cgroup stats for /a:                                       since 5.3, one record or
//   anon 41766912                                                     a line each
class MemcgSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool empty() const { return counters_.empty() && stats_.empty() && !limit_of_ && !task_in_; }
  // Whose limit was hit. The statistics since 5.3 are those of that group.
  Text limit_of() const { return limit_of_ || !new_stats_ ? limit_of_ : Text(stats_path_); }
  const Text& task_in() const { return task_in_; }  // the chosen task's group
  // True if the programs in it, of so many pages, can only have pages of 4 KiB.
  bool ShowsSmallPages(const Integer& rss_pages) const;
  // What the group's scores are measured by (task_scores.h).
  ScoreBase score_base(const Integer& page_size_kb) const;
  // Its kernel is so new (3.9) that it prints no Mem-Info for a memory cgroup.
  bool replaces_mem_info() const { return stats_seen_ || HasCounter("swap"); }
  // What the block lacks of a whole one.
  void NoteMissing(Damage& damage) const;
  // `path`: of the group whose limit was hit.
  void AddTo(EventRecord& event, const Text& path);

 private:
  Claim OfferTask(const LogLine& line);
  Claim OfferCounter(const LogLine& line);
  Claim OfferStats(const LogLine& line);
  Claim OfferProtection(const LogLine& line);
  Claim OfferOldStats(std::string_view text, const LogLine& line);
  Claim OfferNewStats(std::string_view text, const LogLine& line);
  const MemcgCounter* Find(std::string_view name) const;  // null if it was not printed
  bool HasCounter(std::string_view name) const;
  Integer LimitKb() const;  // of its memory
  bool AddStat(std::string_view name, const Integer& value, std::string unit, const LogLine& line);

  Text task_in_;
  Text limit_of_;
  std::vector<MemcgCounter> counters_;
  std::vector<MemcgStat> stats_;
  std::vector<MemcgStat> of_all_groups_;
  bool stats_seen_ = false;
  bool new_stats_ = false;
  std::string stats_path_;
  std::size_t stats_bytes_ = 0;   // of the new style's lines
  std::size_t stats_indent_ = 0;  // of the latest line
};

// True for lines that only a memory cgroup's report prints.
bool IsMemcgLine(const LogLine& line);

}  // namespace kautopsy
