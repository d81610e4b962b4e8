#include "parsers/kernel/task_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/hash.h"
#include "base/text.h"
#include "parsers/kernel/comm.h"
#include "parsers/kernel/workload.h"

namespace kautopsy {
namespace {

using Column = std::pair<std::string_view, Integer Task::*>;
// The words of the header line, over all versions (mm/oom_kill.c, dump_tasks()).
constexpr std::array<Column, 14> kColumns = {{{"uid", &Task::uid},
                                              {"tgid", &Task::tgid},
                                              {"total_vm", &Task::total_vm_pages},
                                              {"rss", &Task::rss_pages},
                                              {"rss_anon", &Task::rss_anon_pages},
                                              {"rss_file", &Task::rss_file_pages},
                                              {"rss_shmem", &Task::rss_shmem_pages},
                                              {"nr_ptes", &Task::nr_ptes},
                                              {"nr_pmds", &Task::nr_pmds},
                                              {"pgtables_bytes", &Task::pgtables_bytes},
                                              {"swapents", &Task::swapents_pages},
                                              {"cpu", &Task::cpu},
                                              {"oom_adj", &Task::oom_adj},
                                              {"oom_score_adj", &Task::oom_score_adj}}};

constexpr std::size_t kMaxColumns = 10;

// Columns by their number, of tables whose header line is lost.
struct Layout {
  std::size_t count;
  std::array<Integer Task::*, kMaxColumns> columns;
};
constexpr std::array<Layout, 4> kLayouts = {
    {{6,
      {&Task::uid, &Task::tgid, &Task::total_vm_pages, &Task::rss_pages, &Task::cpu,
       &Task::oom_adj}},
     {7,
      {&Task::uid, &Task::tgid, &Task::total_vm_pages, &Task::rss_pages, &Task::fifth, &Task::sixth,
       &Task::oom_score_adj}},
     {8,
      {&Task::uid, &Task::tgid, &Task::total_vm_pages, &Task::rss_pages, &Task::nr_ptes,
       &Task::nr_pmds, &Task::swapents_pages, &Task::oom_score_adj}},
     {10,
      {&Task::uid, &Task::tgid, &Task::total_vm_pages, &Task::rss_pages, &Task::rss_anon_pages,
       &Task::rss_file_pages, &Task::rss_shmem_pages, &Task::pgtables_bytes, &Task::swapents_pages,
       &Task::oom_score_adj}}}};

// "[ pid ]" or "[  pid  ]" at the head of `text`.
bool ConsumeHeaderHead(std::string_view& text) {
  if (!ConsumePrefix(text, "[")) return false;
  text = TrimBlanks(text);
  if (!ConsumePrefix(text, "pid")) return false;
  text = TrimBlanks(text);
  return ConsumePrefix(text, "]");
}

}  // namespace

bool IsTaskTableHeader(std::string_view text) {
  return ConsumeHeaderHead(text) && text.find(" total_vm ") != std::string_view::npos;
}

// False without the last word: the rows' cells could not be told from their names.
bool TaskTableSection::TakeHeader(std::string_view text) {
  ConsumeHeaderHead(text);
  std::vector<Integer Task::*> columns;
  std::string_view word = ConsumeWord(text);
  for (; !word.empty() && word != "name"; word = ConsumeWord(text)) {
    const auto* known = std::find_if(kColumns.begin(), kColumns.end(),
                                     [&](const Column& column) { return column.first == word; });
    columns.push_back(known == kColumns.end() ? nullptr : known->second);
  }
  if (word.empty()) return false;
  columns_ = std::move(columns);
  return true;
}

Claim TaskTableSection::OfferHeader(const LogLine& line) {
  if (has_header() || !rows_->empty()) return Claim::kConflict;
  return TakeHeader(line.text) ? Claim::kTaken : Claim::kNone;
}

// Columns come from the header line, since their set differs by version. A comm may hold blanks and
// ']' and is at most 15 bytes: it is whatever follows the last number. Claims nothing if fewer
// cells than columns are there (a line cut by the console).
bool TaskTableSection::OfferRow(const LogLine& line) {
  std::string_view text = line.text;
  if (!ConsumePrefix(text, "[")) return false;
  text = SkipBlanks(text);
  Task task;
  task.pid = ConsumeInteger(text);
  if (!task.pid || !ConsumePrefix(text, "]")) return false;
  for (Integer Task::*const column : columns_) {
    text = SkipBlanks(text);
    const Integer value = ConsumeInteger(text);
    if (!value || (!text.empty() && text[0] != ' ')) return false;
    if (column != nullptr) task.*column = value;
  }
  if (line.cut) return false;  // the name comes last
  task.comm = std::string(TrimBlanks(text));
  if (task.comm->size() > kMaxCommBytes) return false;  // more than a name stands there
  Keep(task, line);
  return true;
}

void TaskTableSection::Keep(Task& task, const LogLine& line) {
  if (!seen_.Insert(QuickHash(line.text))) return;
  task.guest = GuestOfComm(*task.comm);
  task.log_line = static_cast<int64_t>(line.place.line);
  rows_->Add(task);
}

// All versions print uid, tgid, total_vm and rss first; the number of columns tells the others but
// for those of seven, which 2.6.36, 3.6 and 4.15 have. A name that begins with a number and a blank
// would look like one column more: no such process is known.
std::optional<Task> TaskTableSection::ParseHeadlessRow(std::string_view text) {
  if (!ConsumePrefix(text, "[")) return std::nullopt;
  text = TrimBlanks(text);
  const Integer pid = ConsumeInteger(text);
  if (!pid || !ConsumePrefix(text, "]")) return std::nullopt;
  std::array<Integer, kMaxColumns> cells;
  std::size_t count = 0;
  for (text = TrimBlanks(text); count < kMaxColumns; text = TrimBlanks(text)) {
    std::string_view rest = text;
    const Integer value = ConsumeInteger(rest);
    // A name of digits only is the last word.
    if (!value || rest.empty() || rest[0] != ' ') break;
    cells[count++] = value;
    text = rest;
  }
  const auto* layout = std::find_if(kLayouts.begin(), kLayouts.end(),
                                    [&](const Layout& known) { return known.count == count; });
  if (layout == kLayouts.end() || text.empty() || text.size() > kMaxCommBytes) return std::nullopt;
  Task task;
  task.pid = pid;
  for (std::size_t i = 0; i < count; ++i) task.*layout->columns[i] = cells[i];
  task.comm = std::string(text);
  return task;
}

bool TaskTableSection::OfferHeadlessRow(const LogLine& line) {
  std::optional<Task> task = line.cut ? std::nullopt : ParseHeadlessRow(line.text);
  if (!task) return false;
  Keep(*task, line);
  return true;
}

bool IsTaskRow(std::string_view text) {
  const std::optional<Task> task = TaskTableSection::ParseHeadlessRow(text);
  return task && task->tgid == task->pid;
}

Claim TaskTableSection::OfferAnyRow(const LogLine& line) {
  const bool taken = has_header() ? OfferRow(line) : OfferHeadlessRow(line);
  return taken ? Claim::kTaken : Claim::kNone;
}

bool TaskTableSection::has_pgtables_bytes() const {
  return std::find(columns_.begin(), columns_.end(), &Task::pgtables_bytes) != columns_.end();
}

void TaskTableSection::ResolveColumns(bool old) {
  if (!has_header()) rows_->ResolveColumns(old);
}

Claim TaskTableSection::Offer(const LogLine& line) {
  if (line.text.empty() || line.text[0] != '[') {
    if (line.text != "Tasks state (memory values in pages):") return Claim::kNone;
    if (announced_ || has_header() || !rows_->empty()) return Claim::kConflict;
    announced_ = true;
    return Claim::kTaken;
  }
  if (IsTaskTableHeader(line.text)) return OfferHeader(line);
  return OfferAnyRow(line);
}

void TaskTableSection::AddTo(EventRecord& event) {
  if (rows_->empty()) return;
  rows_->Rank();
  rows_->SetPageSize(event.page_size_kb);
  // The sums first: what they take is free again before the rows are ranked.
  event.rows.push_back(rows_->CommandRows());
  event.rows.push_back(std::move(rows_));
}

}  // namespace kautopsy
