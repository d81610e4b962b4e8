#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/row.h"

namespace kautopsy {

// What a row tells of a task's score.
struct TaskTerms {
  Integer pid;
  Integer rss_pages;
  Integer nr_ptes;  // page-table pages; not a column of its own
  Integer nr_pmds;
  Integer pgtables_bytes;
  Integer swapents_pages;
  Integer oom_score_adj;
  Integer fifth, sixth;  // columns of a row without header that only the whole table names
};

// One row of the OOM killer's process table, or of ps. Relation `task`.
struct Task : TaskTerms {
  Integer uid;
  Integer tgid;
  Integer total_vm_pages;
  Integer rss_anon_pages;
  Integer rss_file_pages;
  Integer rss_shmem_pages;
  Integer pgtables_kb;
  Integer cpu;
  Integer oom_adj;
  Text comm;
  Text guest;
  Integer total_vm_kb;
  Integer rss_kb;
  Integer swap_kb;
  Integer position;
  Integer rss_rank;
  Integer badness_permille;
  Integer badness_rank;
  Integer killed;  // 1: the report tells its death
  Integer log_line;

  static constexpr std::string_view kRelation = "task";
  static std::span<const Field<Task>> Fields();
};

// What the OOM killer makes of a row, see task_scores.h.
struct TaskScore {
  static constexpr int32_t kNone = INT32_MIN;
  int32_t permille = kNone;
  uint32_t rank = 0;  // 0: none
};

// Tasks of one command, summed up. Relation `task_command`.
struct TaskCommand {
  Text comm;
  Integer tasks;
  Integer rss_pages;
  Integer rss_kb;

  static constexpr std::string_view kRelation = "task_command";
  static std::span<const Field<TaskCommand>> Fields();
};

class PackedTask;

// The rows of a process table. A machine has 100,000 processes and a Task 500 bytes, so rows are
// kept packed, in a sixth of that; what follows from the whole table is worked out when the first
// is read, by the thread that stores them: parsing has more to do. Reading in order is fast.
class TaskRows final : public RowBatch {
 public:
  // Its position, and what the functions below tell, are left out.
  void Add(const Task& task);
  bool empty() const { return size_ == 0; }
  Task operator[](std::size_t row) const;
  // Costs a fraction of the whole row.
  TaskTerms Terms(std::size_t row) const;

  // Names the columns `fifth` and `sixth`. `old`: the report prints oom_adj.
  void ResolveColumns(bool old);
  // Gives sizes in KiB where the row has them in pages.
  void SetPageSize(const Integer& page_kb) { page_kb_ = page_kb; }
  // Ranks by rss_pages, equal ones as they stand.
  void Rank() {
    to_rank_ = true;
    worked_out_ = false;
  }
  // Gives one score per row.
  using Scorer = std::function<std::vector<TaskScore>(const TaskRows&)>;
  void SetScores(Scorer scorer) {
    scorer_ = std::move(scorer);
    worked_out_ = false;
  }
  // The rows of the processes of these pids; by name where rows share one (damage, or a thread).
  void MarkKilled(const std::map<int64_t, Text>& comms);
  // Commands of several tasks, those that hold most together first.
  std::vector<TaskCommand> LargestCommands() const;
  // The same as rows, worked out when they are first asked for; this object must last until then.
  std::unique_ptr<RowBatch> CommandRows() const;
  // Pages of all rows; none without rows, or if a row's figure is beyond any machine.
  Integer rss_pages() const;
  // Pages of all rows that lie in swap; none unless every row tells, or if that is beyond any
  // machine.
  Integer swap_pages() const;

  std::string_view relation() const override { return Task::kRelation; }
  std::span<const std::string_view> columns() const override;
  std::size_t size() const override { return size_; }
  void Visit(std::size_t row, CellSink& sink) const override;

 private:
  // What a figure of the fifth column is, by all of them.
  enum class Fifth { kUnknown, kCpu, kPageTableBytes, kPageTables };

  PackedTask Next() const;
  PackedTask Find(std::size_t row) const;
  void NameFifth(TaskTerms& terms) const;
  void Read(std::size_t row, Task& task) const;
  void WorkOut() const;
  void Derive(Task& task) const;
  Integer PageTablesKb(const TaskTerms& terms) const;
  Integer ToKb(const Integer& pages) const;

  std::size_t size_ = 0;
  std::vector<std::string> pieces_;  // of whole packed rows
  std::vector<int64_t> rss_pages_;
  int64_t swap_pages_ = 0;     // of the column by its name, or else of `sixth`
  std::size_t swap_rows_ = 0;  // rows that tell it
  bool swap_absurd_ = false;
  bool unnamed_ = false;  // some rows have `fifth` and `sixth`
  bool to_rank_ = false;
  Scorer scorer_;
  std::vector<bool> killed_;
  bool fifth_in_bytes_ = false;  // one is at least a page's size
  bool fifth_small_ = false;     // one is no multiple of it
  bool sixth_large_ = false;     // one is no oom_adj
  Fifth fifth_ = Fifth::kUnknown;
  Integer page_kb_;
  // What WorkOut() makes, once; empty: not asked for.
  mutable bool worked_out_ = false;
  mutable std::vector<uint32_t> ranks_;
  mutable std::vector<TaskScore> scores_;
  // Where Next() reads.
  mutable std::size_t row_ = 0;
  mutable std::size_t piece_ = 0;
  mutable std::size_t offset_ = 0;
  mutable Task task_;  // that Visit() gives
};

}  // namespace kautopsy
