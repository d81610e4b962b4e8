#include "parsers/kernel/task_rows.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>

#include "base/hash.h"
#include "parsers/kernel/limits.h"
#include "parsers/kernel/packed_task.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMostCommands = 5;  // that are summed up
constexpr std::size_t kPieceBytes = 65536;
constexpr std::size_t kLongRow = 512;      // a piece that it overflows takes twice the memory
constexpr std::size_t kUsualBytes = 8192;  // of a table with 100 rows

// Calls `take(row, task)` for every row of `pieces`.
template <class Take>
void ForEachPacked(const std::vector<std::string>& pieces, Take&& take) {
  std::size_t row = 0;
  for (const std::string& piece : pieces) {
    const char* at = piece.data();
    while (at != piece.data() + piece.size()) {
      const PackedTask packed(at);
      take(row++, packed);
      at = packed.end();
    }
  }
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
                                        F("badness_permille", &Task::badness_permille),
                                        F("badness_rank", &Task::badness_rank),
                                        F("killed", &Task::killed),
                                        F("log_line", &Task::log_line)};
  return fields;
}

std::span<const Field<TaskCommand>> TaskCommand::Fields() {
  using F = Field<TaskCommand>;
  static constexpr std::array fields = {
      F("comm", &TaskCommand::comm), F("tasks", &TaskCommand::tasks),
      F("rss_pages", &TaskCommand::rss_pages), F("rss_kb", &TaskCommand::rss_kb)};
  return fields;
}

void TaskRows::Add(const Task& task) {
  constexpr int64_t kSmallestPage = 4096;
  constexpr int64_t kMostOomAdj = 17;  // OOM_DISABLE, include/linux/oom.h
  if (pieces_.empty() || pieces_.back().size() > kPieceBytes - kLongRow)
    pieces_.emplace_back().reserve(pieces_.size() == 1 ? kUsualBytes : kPieceBytes);
  PackedTask::Append(task, pieces_.back());
  ++size_;
  rss_pages_.push_back(task.rss_pages.value_or(std::numeric_limits<int64_t>::min()));
  if (const Integer& swap = task.fifth ? task.sixth : task.swapents_pages) {
    ++swap_rows_;
    swap_absurd_ |= *swap < 0 || *swap > kMaxPages;
    if (!swap_absurd_) swap_pages_ += *swap;
  }
  if (!task.fifth) return;
  unnamed_ = true;
  fifth_small_ |= *task.fifth % kSmallestPage != 0;
  fifth_in_bytes_ |= *task.fifth >= kSmallestPage;
  sixth_large_ |= *task.sixth > kMostOomAdj;
}

// The row that follows the last one.
PackedTask TaskRows::Next() const {
  if (offset_ == pieces_[piece_].size()) {
    ++piece_;
    offset_ = 0;
  }
  const char* const start = pieces_[piece_].data();
  const PackedTask packed(start + offset_);
  offset_ = static_cast<std::size_t>(packed.end() - start);
  ++row_;
  return packed;
}

PackedTask TaskRows::Find(std::size_t row) const {
  if (row < row_) row_ = piece_ = offset_ = 0;
  while (row_ < row) Next();
  return Next();
}

void TaskRows::Read(std::size_t row, Task& task) const {
  if (!worked_out_) WorkOut();
  Find(row).Unpack(task);
  task.position = static_cast<int64_t>(row);
  Derive(task);
}

TaskTerms TaskRows::Terms(std::size_t row) const {
  TaskTerms terms = Find(row).terms();
  NameFifth(terms);
  return terms;
}

Task TaskRows::operator[](std::size_t row) const {
  Task task;
  Read(row, task);
  return task;
}

// Unless it is a CPU, which is none of the score's terms.
void TaskRows::NameFifth(TaskTerms& terms) const {
  if (!terms.fifth || fifth_ == Fifth::kUnknown || fifth_ == Fifth::kCpu) return;
  (fifth_ == Fifth::kPageTables ? terms.nr_ptes : terms.pgtables_bytes) = terms.fifth;
  terms.swapents_pages = terms.sixth;
}

// Sets all that is not packed, since the Task may have been another row's.
void TaskRows::Derive(Task& task) const {
  NameFifth(task);
  if (task.fifth && fifth_ == Fifth::kCpu) {
    task.cpu = task.fifth;
    task.oom_adj = task.sixth;
  }
  if (!task.total_vm_kb) task.total_vm_kb = ToKb(task.total_vm_pages);
  if (!task.rss_kb) task.rss_kb = ToKb(task.rss_pages);
  task.swap_kb = ToKb(task.swapents_pages);
  task.pgtables_kb = PageTablesKb(task);
  const auto row = static_cast<std::size_t>(*task.position);
  task.rss_rank = ranks_.empty() ? Integer() : ranks_[row];
  const TaskScore score = scores_.empty() ? TaskScore() : scores_[row];
  task.badness_permille = score.permille == TaskScore::kNone ? Integer() : score.permille;
  task.badness_rank = score.rank == 0 ? Integer() : score.rank;
  task.killed = !killed_.empty() && killed_[row] ? Integer(1) : Integer();
}

Integer TaskRows::PageTablesKb(const TaskTerms& terms) const {
  if (terms.pgtables_bytes) return *terms.pgtables_bytes / 1024;
  return terms.nr_ptes ? ToKb(*terms.nr_ptes + terms.nr_pmds.value_or(0)) : Integer();
}

// A figure that no machine can have (a race, or a damaged line) is no size.
Integer TaskRows::ToKb(const Integer& pages) const {
  const bool sane =
      pages && page_kb_ && *pages >= 0 && *pages <= std::numeric_limits<int64_t>::max() / *page_kb_;
  return sane ? Integer(*pages * *page_kb_) : Integer();
}

void TaskRows::ResolveColumns(bool old) {
  if (old)
    fifth_ = Fifth::kCpu;
  else if (fifth_in_bytes_ && !fifth_small_)
    fifth_ = Fifth::kPageTableBytes;
  else if (fifth_small_ && sixth_large_)
    fifth_ = Fifth::kPageTables;
}

void TaskRows::WorkOut() const {
  worked_out_ = true;  // the scorer reads rows, too
  if (to_rank_) {
    std::vector<uint32_t> rows(size_);
    std::iota(rows.begin(), rows.end(), 0);
    std::sort(rows.begin(), rows.end(), [&](uint32_t one, uint32_t other) {
      return rss_pages_[one] != rss_pages_[other] ? rss_pages_[one] > rss_pages_[other]
                                                  : one < other;
    });
    ranks_.resize(size_);
    for (uint32_t rank = 0; rank < size_; ++rank) ranks_[rows[rank]] = rank + 1;
  }
  if (scorer_) scores_ = scorer_(*this);
}

// In one pass: a report can tell the death of every task of a group.
void TaskRows::MarkKilled(const std::map<int64_t, Text>& comms) {
  killed_.assign(size_, false);
  if (comms.empty()) return;
  std::map<int64_t, std::size_t> found;
  ForEachPacked(pieces_, [&](std::size_t row, const PackedTask& task) {
    const Integer pid = task.pid();
    const auto comm = pid ? comms.find(*pid) : comms.end();
    if (comm == comms.end()) return;
    const bool first = found.try_emplace(*pid, row).second;
    if (!first && task.comm() == comm->second) found[*pid] = row;
  });
  for (const auto& [pid, row] : found) killed_[row] = true;
}

// By the hashes of names, as a table may hold as many names as rows.
std::vector<TaskCommand> TaskRows::LargestCommands() const {
  struct Name {
    uint64_t hash = 0;
    uint32_t row = 0;
  };
  std::vector<Name> names;
  names.reserve(size_);
  ForEachPacked(pieces_, [&](std::size_t row, const PackedTask& task) {
    const std::optional<std::string_view> comm = task.comm();
    if (comm && IsSize(rss_pages_[row]))
      names.push_back({QuickHash(*comm), static_cast<uint32_t>(row)});
  });
  // In place: a stable sort takes as much memory again.
  std::sort(names.begin(), names.end(), [](const Name& one, const Name& other) {
    return one.hash != other.hash ? one.hash < other.hash : one.row < other.row;
  });
  struct Sum {
    int64_t pages = 0;
    int64_t tasks = 0;
    uint32_t row = 0;  // the first
  };
  std::vector<Sum> sums;
  for (std::size_t i = 0; i < names.size();) {
    Sum sum{0, 0, names[i].row};
    for (const uint64_t hash = names[i].hash; i < names.size() && names[i].hash == hash; ++i) {
      sum.pages += rss_pages_[names[i].row];
      ++sum.tasks;
    }
    if (sum.tasks > 1) sums.push_back(sum);
  }
  std::sort(sums.begin(), sums.end(), [](const Sum& one, const Sum& other) {
    return one.pages != other.pages ? one.pages > other.pages : one.row < other.row;
  });
  sums.resize(std::min(sums.size(), kMostCommands));
  std::vector<TaskCommand> commands;
  commands.reserve(sums.size());
  for (const Sum& sum : sums)
    commands.push_back({Text(Find(sum.row).comm()), sum.tasks, sum.pages, ToKb(sum.pages)});
  return commands;
}

std::unique_ptr<RowBatch> TaskRows::CommandRows() const {
  class Sums final : public RowBatch {
   public:
    explicit Sums(const TaskRows& tasks) : tasks_(tasks) {}
    std::string_view relation() const override { return TaskCommand::kRelation; }
    std::span<const std::string_view> columns() const override { return ColumnsOf<TaskCommand>(); }
    std::size_t size() const override { return commands().size(); }
    void Visit(std::size_t row, CellSink& sink) const override {
      VisitFields(commands()[row], sink);
    }

   private:
    const std::vector<TaskCommand>& commands() const {
      if (!commands_) commands_ = tasks_.LargestCommands();
      return *commands_;
    }

    const TaskRows& tasks_;
    mutable std::optional<std::vector<TaskCommand>> commands_;
  };
  return std::make_unique<Sums>(*this);
}

Integer TaskRows::rss_pages() const {
  int64_t sum = 0;
  for (const int64_t pages : rss_pages_) {
    if (pages == std::numeric_limits<int64_t>::min()) continue;
    if (pages < 0 || pages > kMaxPages) return std::nullopt;
    sum += pages;
  }
  return empty() ? Integer() : Integer(sum);
}

Integer TaskRows::swap_pages() const {
  const bool named = !unnamed_ || (fifth_ != Fifth::kCpu && fifth_ != Fifth::kUnknown);
  const bool told = swap_rows_ == size_ && size_ > 0 && named && !swap_absurd_;
  return told ? Integer(swap_pages_) : std::nullopt;
}

std::span<const std::string_view> TaskRows::columns() const { return ColumnsOf<Task>(); }

void TaskRows::Visit(std::size_t row, CellSink& sink) const {
  Read(row, task_);
  VisitFields(task_, sink);
}

}  // namespace kautopsy
