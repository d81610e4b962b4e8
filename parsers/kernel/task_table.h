#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/row.h"
#include "base/seen_hashes.h"
#include "parsers/kernel/section.h"
#include "parsers/kernel/task_rows.h"

namespace kautopsy {

// "[ pid ]   uid  tgid total_vm ..." and the rows below it (mm/oom_kill.c, dump_tasks()). Without
// the header line the number of a row's columns tells most of them.
class TaskTableSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  static std::optional<Task> ParseHeadlessRow(std::string_view text);
  bool has_header() const { return !columns_.empty(); }
  bool empty() const { return !announced_ && !has_header() && rows().empty(); }
  bool has_pgtables_bytes() const;  // printed since 4.15
  // Names the columns that the number of them leaves open. `old`: the report prints oom_adj.
  void ResolveColumns(bool old);
  const TaskRows& rows() const { return *rows_; }
  TaskRows& rows() { return *rows_; }
  // Gives the ranks, and the sizes in KiB if the page size is known, and moves the rows to `event`.
  void AddTo(EventRecord& event);

 private:
  Claim OfferHeader(const LogLine& line);
  bool TakeHeader(std::string_view text);
  Claim OfferAnyRow(const LogLine& line);
  bool OfferRow(const LogLine& line);
  bool OfferHeadlessRow(const LogLine& line);
  void Keep(Task& task, const LogLine& line);

  std::vector<Integer Task::*> columns_;  // of the header, the name left out
  // Texts of the rows, hashed. A process has one: an equal one is a copy, of which the line is the
  // record's, but the figures count once.
  SeenHashes seen_;
  std::unique_ptr<TaskRows> rows_ = std::make_unique<TaskRows>();
  bool announced_ = false;  // "Tasks state"
};

// True for a row of the table of which the header is lost: it has the columns of some version, and
// the thread that holds the memory is its process' first one.
bool IsTaskRow(std::string_view text);

// True for the header line of the table, whatever its columns.
bool IsTaskTableHeader(std::string_view text);

}  // namespace kautopsy
