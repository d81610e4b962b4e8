#include "parsers/kernel/task_rows.h"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>
#include <optional>

#include "base/hash.h"
#include "parsers/kernel/limits.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMostCommands = 5;  // that are summed up
constexpr std::size_t kPieceBytes = 65536;
constexpr std::size_t kLongRow = 512;      // a piece that it overflows takes twice the memory
constexpr std::size_t kUsualBytes = 4096;  // of a table with 100 rows

// What a packed row holds, in this order: the number of its bytes behind that, the texts, a bit per
// figure that is there, the figures.
constexpr std::array kFigures = {&Task::pid,
                                 &Task::uid,
                                 &Task::tgid,
                                 &Task::total_vm_pages,
                                 &Task::rss_pages,
                                 &Task::rss_anon_pages,
                                 &Task::rss_file_pages,
                                 &Task::rss_shmem_pages,
                                 &Task::nr_ptes,
                                 &Task::nr_pmds,
                                 &Task::pgtables_bytes,
                                 &Task::swapents_pages,
                                 &Task::cpu,
                                 &Task::oom_adj,
                                 &Task::oom_score_adj,
                                 &Task::total_vm_kb,
                                 &Task::rss_kb,
                                 &Task::log_line,
                                 &Task::fifth,
                                 &Task::sixth};
constexpr std::array kTexts = {&Task::comm, &Task::guest};

static_assert(kFigures[0] == &Task::pid);  // found fast

constexpr std::size_t kLongestFigure = 10;  // bytes of seven bits in 64

// Seven bits per byte, the lowest first; small negative figures stay short.
char* PutFigure(char* at, int64_t figure) {
  auto bits = (static_cast<uint64_t>(figure) << 1) ^ static_cast<uint64_t>(figure >> 63);
  for (; bits >= 0x80; bits >>= 7) *at++ = static_cast<char>(bits | 0x80);
  *at++ = static_cast<char>(bits);
  return at;
}

const char* TakeFigure(const char* at, int64_t& figure) {
  uint64_t bits = 0;
  int shift = 0;
  for (; (*at & 0x80) != 0; ++at, shift += 7) bits |= static_cast<uint64_t>(*at & 0x7F) << shift;
  bits |= static_cast<uint64_t>(*at) << shift;
  figure = static_cast<int64_t>(bits >> 1) ^ -static_cast<int64_t>(bits & 1);
  return at + 1;
}

// A text's length is one more than its size; 0 if there is none.
char* PutLength(char* at, const Text& text) {
  return PutFigure(at, text ? static_cast<int64_t>(text->size()) + 1 : 0);
}

const char* TakeText(const char* at, std::optional<std::string_view>& text) {
  int64_t size = 0;
  at = TakeFigure(at, size);
  if (size == 0) return at;
  text.emplace(at, static_cast<std::size_t>(size - 1));
  return at + size - 1;
}

Integer PidOf(const char* packed) {
  std::optional<std::string_view> text;
  for (std::size_t i = 0; i < kTexts.size(); ++i) packed = TakeText(packed, text);
  int64_t figure = 0;
  packed = TakeFigure(packed, figure);
  if ((figure & 1) == 0) return std::nullopt;
  TakeFigure(packed, figure);
  return figure;
}

std::optional<std::string_view> CommOf(const char* packed) {
  static_assert(kTexts[0] == &Task::comm);
  std::optional<std::string_view> comm;
  TakeText(packed, comm);
  return comm;
}

// Calls `take(row, packed)` for every row of `pieces`.
template <class Take>
void ForEachPacked(const std::vector<std::string>& pieces, Take&& take) {
  std::size_t row = 0;
  for (const std::string& piece : pieces) {
    const char* at = piece.data();
    while (at != piece.data() + piece.size()) {
      int64_t size = 0;
      at = TakeFigure(at, size);
      take(row++, at);
      at += size;
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
  std::array<char, kLongestFigure*(kFigures.size() + 1)> figures;
  uint64_t present = 0;
  for (std::size_t i = 0; i < kFigures.size(); ++i)
    present |= uint64_t{(task.*kFigures[i]).has_value()} << i;
  char* end = PutFigure(figures.data(), static_cast<int64_t>(present));
  for (const Integer Task::*const figure : kFigures) {
    if (task.*figure) end = PutFigure(end, *(task.*figure));
  }
  PackRow(task, {figures.data(), end});
  ++size_;
  rss_pages_.push_back(task.rss_pages.value_or(std::numeric_limits<int64_t>::min()));
  if (!task.fifth) return;
  fifth_small_ |= *task.fifth % kSmallestPage != 0;
  fifth_in_bytes_ |= *task.fifth >= kSmallestPage;
  sixth_large_ |= *task.sixth > kMostOomAdj;
}

void TaskRows::PackRow(const Task& task, std::string_view figures) {
  std::array<std::array<char, kLongestFigure>, kTexts.size()> lengths;
  std::array<std::string_view, kTexts.size()> heads;
  std::size_t size = figures.size();
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    const Text& text = task.*kTexts[i];
    heads[i] = {lengths[i].data(), PutLength(lengths[i].data(), text)};
    size += heads[i].size() + (text ? text->size() : 0);
  }
  std::string& packed = pieces_.back();
  std::array<char, kLongestFigure> length;
  packed.append(length.data(), PutFigure(length.data(), static_cast<int64_t>(size)));
  for (std::size_t i = 0; i < kTexts.size(); ++i) {
    packed += heads[i];
    if (task.*kTexts[i]) packed += *(task.*kTexts[i]);
  }
  packed += figures;
}

// Where a packed row that follows the last one starts.
const char* TaskRows::Next() const {
  if (offset_ == pieces_[piece_].size()) {
    ++piece_;
    offset_ = 0;
  }
  const char* const start = pieces_[piece_].data();
  int64_t size = 0;
  const char* const packed = TakeFigure(start + offset_, size);
  offset_ = static_cast<std::size_t>(packed + size - start);
  ++row_;
  return packed;
}

void TaskRows::Read(std::size_t row, Task& task) const {
  if (!worked_out_) WorkOut();
  if (row < row_) row_ = piece_ = offset_ = 0;
  while (row_ < row) Next();
  const char* at = Next();
  for (Text Task::*const text : kTexts) {
    std::optional<std::string_view> view;
    at = TakeText(at, view);
    if (view) (task.*text).emplace(*view);
  }
  int64_t present = 0;
  at = TakeFigure(at, present);
  for (std::size_t i = 0; present != 0; ++i, present >>= 1) {
    if ((present & 1) != 0) at = TakeFigure(at, (task.*kFigures[i]).emplace());
  }
  task.position = static_cast<int64_t>(row);
  Derive(task);
}

Task TaskRows::operator[](std::size_t row) const {
  Task task;
  Read(row, task);
  return task;
}

void TaskRows::Derive(Task& task) const {
  if (task.fifth && fifth_ == Fifth::kCpu) {
    task.cpu = task.fifth;
    task.oom_adj = task.sixth;
  } else if (task.fifth && fifth_ != Fifth::kUnknown) {
    (fifth_ == Fifth::kPageTables ? task.nr_ptes : task.pgtables_bytes) = task.fifth;
    task.swapents_pages = task.sixth;
  }
  if (!task.total_vm_kb) task.total_vm_kb = ToKb(task.total_vm_pages);
  if (!task.rss_kb) task.rss_kb = ToKb(task.rss_pages);
  task.swap_kb = ToKb(task.swapents_pages);
  if (task.pgtables_bytes)
    task.pgtables_kb = *task.pgtables_bytes / 1024;
  else if (task.nr_ptes)
    task.pgtables_kb = ToKb(*task.nr_ptes + task.nr_pmds.value_or(0));
  const auto row = static_cast<std::size_t>(*task.position);
  if (!ranks_.empty()) task.rss_rank = ranks_[row];
  if (!scores_.empty()) {
    const TaskScore& score = scores_[row];
    if (score.permille != TaskScore::kNone) task.badness_permille = score.permille;
    if (score.rank != 0) task.badness_rank = score.rank;
  }
  if (!killed_.empty() && killed_[row]) task.killed = 1;
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
  ForEachPacked(pieces_, [&](std::size_t row, const char* packed) {
    const Integer pid = PidOf(packed);
    const auto comm = pid ? comms.find(*pid) : comms.end();
    if (comm == comms.end()) return;
    const bool first = found.try_emplace(*pid, row).second;
    if (!first && CommOf(packed) == comm->second) found[*pid] = row;
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
  ForEachPacked(pieces_, [&](std::size_t row, const char* packed) {
    const std::optional<std::string_view> comm = CommOf(packed);
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
    commands.push_back({std::nullopt, sum.tasks, sum.pages, ToKb(sum.pages)});
  ForEachPacked(pieces_, [&](std::size_t row, const char* packed) {
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (sums[i].row == row) commands[i].comm = CommOf(packed);
    }
  });
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

std::span<const std::string_view> TaskRows::columns() const { return ColumnsOf<Task>(); }

void TaskRows::Visit(std::size_t row, CellSink& sink) const {
  Read(row, task_.emplace());
  VisitFields(*task_, sink);
}

}  // namespace kautopsy
