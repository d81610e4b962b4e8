#include "parsers/kernel/task_table.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/comm.h"
#include "parsers/kernel/limits.h"
#include "parsers/kernel/workload.h"

namespace kautopsy {
namespace {

constexpr std::size_t kUsualTasks = 256;    // rows are large: moving them as the table grows shows
constexpr std::size_t kMaxTasks = 4194304;  // PID_MAX_LIMIT, include/linux/threads.h

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

std::span<const Field<Task>> Task::Fields() {
  using F = Field<Task>;
  static constexpr std::array fields = {F("pid", &Task::pid),
                                        F("uid", &Task::uid),
                                        F("tgid", &Task::tgid),
                                        F("total_vm_pages", &Task::total_vm_pages),
                                        F("rss_pages", &Task::rss_pages),
                                        F("rss_anon_pages", &Task::rss_anon_pages),
                                        F("rss_file_pages", &Task::rss_file_pages),
                                        F("rss_shmem_pages", &Task::rss_shmem_pages),
                                        F("pgtables_kb", &Task::pgtables_kb),
                                        F("swapents_pages", &Task::swapents_pages),
                                        F("cpu", &Task::cpu),
                                        F("oom_adj", &Task::oom_adj),
                                        F("oom_score_adj", &Task::oom_score_adj),
                                        F("comm", &Task::comm),
                                        F("guest", &Task::guest),
                                        F("total_vm_kb", &Task::total_vm_kb),
                                        F("rss_kb", &Task::rss_kb),
                                        F("swap_kb", &Task::swap_kb),
                                        F("position", &Task::position),
                                        F("rss_rank", &Task::rss_rank),
                                        F("log_line", &Task::log_line)};
  return fields;
}

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
  tasks_.reserve(kUsualTasks);
  return true;
}

Claim TaskTableSection::OfferHeader(const LogLine& line) {
  if (has_header() || !tasks_.empty()) return Claim::kConflict;
  return TakeHeader(line.text) ? Claim::kTaken : Claim::kNone;
}

// Columns come from the header line, since their set differs by version. A comm may hold blanks and
// ']' and is at most 15 bytes: it is whatever follows the last number. Claims nothing if fewer
// cells than columns are there (a line cut by the console).
bool TaskTableSection::OfferRow(const LogLine& line) {
  std::string_view text = line.text;
  if (!ConsumePrefix(text, "[")) return false;
  text = TrimBlanks(text);
  Task task;
  task.pid = ConsumeInteger(text);
  if (!task.pid || !ConsumePrefix(text, "]")) return false;
  for (Integer Task::*const column : columns_) {
    text = TrimBlanks(text);
    const Integer value = ConsumeInteger(text);
    if (!value || (!text.empty() && text[0] != ' ')) return false;
    if (column != nullptr) task.*column = value;
  }
  if (line.cut) return false;  // the name comes last
  task.comm = std::string(TrimBlanks(text));
  if (task.comm->size() > kMaxCommBytes) return false;  // more than a name stands there
  Keep(std::move(task), line);
  return true;
}

void TaskTableSection::Keep(Task task, const LogLine& line) {
  task.guest = GuestOfComm(*task.comm);
  task.position = static_cast<int64_t>(tasks_.size());
  task.log_line = static_cast<int64_t>(line.place.line);
  tasks_.push_back(std::move(task));
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
  Keep(*std::move(task), line);
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
  if (has_header()) return;
  constexpr int64_t kSmallestPage = 4096;
  constexpr int64_t kMostOomAdj = 17;  // OOM_DISABLE, include/linux/oom.h
  bool bytes = false;                  // whole pages in bytes
  bool counts = false;                 // of page tables, with a size in swap behind
  bool small = false;
  for (const Task& task : tasks_) {
    if (!task.fifth) continue;
    small = small || *task.fifth % kSmallestPage != 0;
    bytes = bytes || *task.fifth >= kSmallestPage;
    counts = counts || *task.sixth > kMostOomAdj;
  }
  const bool in_bytes = !old && bytes && !small;
  const bool in_pages = !old && small && counts;
  for (Task& task : tasks_) {
    if (!task.fifth) continue;
    if (old) task.cpu = task.fifth;
    if (old) task.oom_adj = task.sixth;
    if (in_bytes) task.pgtables_bytes = task.fifth;
    if (in_pages) task.nr_ptes = task.fifth;
    if (in_bytes || in_pages) task.swapents_pages = task.sixth;
  }
}

Claim TaskTableSection::Offer(const LogLine& line) {
  if (line.text.empty() || line.text[0] != '[') {
    if (line.text != "Tasks state (memory values in pages):") return Claim::kNone;
    if (announced_ || has_header() || !tasks_.empty()) return Claim::kConflict;
    announced_ = true;
    return Claim::kTaken;
  }
  if (IsTaskTableHeader(line.text)) return OfferHeader(line);
  if (tasks_.size() >= kMaxTasks) return Claim::kNone;
  return OfferAnyRow(line);
}

Integer TaskTableSection::rss_pages() const {
  int64_t sum = 0;
  for (const Task& task : tasks_) {
    const int64_t pages = task.rss_pages.value_or(0);
    if (pages < 0 || pages > kMaxPages) return std::nullopt;
    sum += pages;
  }
  return tasks_.empty() ? Integer() : Integer(sum);
}

void TaskTableSection::Rank() {
  std::vector<Task*> by_rss;
  by_rss.reserve(tasks_.size());
  for (Task& task : tasks_) by_rss.push_back(&task);
  std::sort(by_rss.begin(), by_rss.end(), [](const Task* one, const Task* other) {
    return one->rss_pages != other->rss_pages ? one->rss_pages > other->rss_pages
                                              : one->position < other->position;
  });
  for (std::size_t i = 0; i < by_rss.size(); ++i) by_rss[i]->rss_rank = static_cast<int64_t>(i) + 1;
}

void TaskTableSection::AddTo(EventRecord& event) {
  if (tasks_.empty()) return;
  Rank();
  const Integer page_kb = event.page_size_kb;
  // A figure that no machine can have (a race, or a damaged line) is no size.
  const auto to_kb = [&](const Integer& pages) {
    const bool sane = pages && page_kb && *pages >= 0 && *pages <= INT64_MAX / *page_kb;
    return sane ? Integer(*pages * *page_kb) : Integer();
  };
  for (Task& task : tasks_) {
    task.total_vm_kb = to_kb(task.total_vm_pages);
    task.rss_kb = to_kb(task.rss_pages);
    task.swap_kb = to_kb(task.swapents_pages);
    if (task.pgtables_bytes)
      task.pgtables_kb = *task.pgtables_bytes / 1024;
    else if (task.nr_ptes)
      task.pgtables_kb = to_kb(*task.nr_ptes + task.nr_pmds.value_or(0));
  }
  event.rows.push_back(std::make_unique<RowsOf<Task>>(std::move(tasks_)));
}

}  // namespace kautopsy
