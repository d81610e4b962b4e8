#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/kernel/section.h"
#include "parsers/kernel/task_rows.h"

namespace kautopsy {

// What one column of ps or top holds, as far as it matters here.
enum class ProcessColumn {
  kPid,
  kThread,   // id of a thread; the pid is then its process'
  kUser,     // a name, or a number where there is none
  kRss,      // [KiB]
  kVsz,      // [KiB]
  kPages,    // of address space
  kCpu,      // where it ran last
  kState,    // "Ssl"
  kNumber,   // anything that begins with a digit or a sign
  kStarted,  // one word, "Nov 24" or "Mon Nov 24 10:01:02 2014"
  kCgroup,
  kCommand,  // may hold blanks, all others are one word
  kOther,
};

// A table of processes that ps or top printed: the words of its header line are the schema, as with
// the OOM killer's. A line below that does not fit every column ends it. Text that a terminal of 80
// columns broke off a row's command is put together again.
class ProcessTableSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  bool empty() const { return rows_->empty() && !row_; }
  bool is_top() const { return is_top_; }
  // Moves the rows to `event`: relation `task`.
  void AddTo(EventRecord& event);

 private:
  struct Row {
    Task task;
    Integer process;
    Integer thread;
    std::string command;
    std::string cgroup;
  };

  bool TakeCell(ProcessColumn column, std::string_view cell, Row& row) const;
  std::optional<Row> ParseRow(std::string_view text) const;
  bool TakeBehind(std::string_view& text, Row& row) const;
  bool OfferBrokenOff(const LogLine& line);
  void CloseRow();

  std::vector<ProcessColumn> columns_;
  bool names_only_ = false;  // the command's column holds the kernel's name of it
  bool is_top_ = false;
  bool at_edge_ = false;  // the line taken last is as wide as the terminal
  bool blank_at_edge_ = false;
  bool cuts_off_ = false;   // a row of that width was followed by a row: ps cut it there
  bool wraps_ = false;      // a row went on in the next line
  Integer process_;         // of the row kept last
  std::optional<Row> row_;  // the last one, while more of its command may follow
  std::unique_ptr<TaskRows> rows_ = std::make_unique<TaskRows>();
};

// True for the header line of ps or top, whatever its columns: all words are known names of them.
bool IsProcessTableHeader(std::string_view text);

}  // namespace kautopsy
