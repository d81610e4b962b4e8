#pragma once

#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// One row of the OOM killer's process table. Relation `task`.
struct Task {
  Integer pid;
  Integer uid;
  Integer tgid;
  Integer total_vm_pages;
  Integer rss_pages;
  Integer rss_anon_pages;
  Integer rss_file_pages;
  Integer rss_shmem_pages;
  Integer nr_ptes;  // page-table pages; not a column of its own
  Integer nr_pmds;
  Integer pgtables_bytes;
  Integer pgtables_kb;
  Integer swapents_pages;
  Integer cpu;
  Integer oom_adj;
  Integer oom_score_adj;
  Text comm;
  Text guest;
  Integer total_vm_kb;
  Integer rss_kb;
  Integer swap_kb;
  Integer position;
  Integer rss_rank;
  Integer log_line;
  Integer fifth, sixth;  // columns of a row without header that only the whole table names

  static constexpr std::string_view kRelation = "task";
  static std::span<const Field<Task>> Fields();
};

// "[ pid ]   uid  tgid total_vm ..." and the rows below it (mm/oom_kill.c, dump_tasks()). Without
// the header line the number of a row's columns tells most of them.
class TaskTableSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  static std::optional<Task> ParseHeadlessRow(std::string_view text);
  bool has_header() const { return !columns_.empty(); }
  bool empty() const { return !announced_ && !has_header() && tasks_.empty(); }
  bool has_pgtables_bytes() const;  // printed since 4.15
  // Names the columns that the number of them leaves open. `old`: the report prints oom_adj.
  void ResolveColumns(bool old);
  const std::vector<Task>& tasks() const { return tasks_; }
  // Pages of all rows; none without rows, or if a row's figure is beyond any machine.
  Integer rss_pages() const;
  // Gives the ranks, and the sizes in KiB if the page size is known, and moves the rows to `event`.
  void AddTo(EventRecord& event);

 private:
  Claim OfferHeader(const LogLine& line);
  bool TakeHeader(std::string_view text);
  Claim OfferAnyRow(const LogLine& line);
  bool OfferRow(const LogLine& line);
  bool OfferHeadlessRow(const LogLine& line);
  void Keep(Task task, const LogLine& line);
  void Rank();

  std::vector<Integer Task::*> columns_;  // of the header, the name left out
  std::vector<Task> tasks_;
  bool announced_ = false;  // "Tasks state"
};

// True for a row of the table of which the header is lost: it has the columns of some version, and
// the thread that holds the memory is its process' first one.
bool IsTaskRow(std::string_view text);

// True for the header line of the table, whatever its columns.
bool IsTaskTableHeader(std::string_view text);

}  // namespace kautopsy
