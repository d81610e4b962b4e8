#include <doctest/doctest.h>

#include <limits>
#include <utility>
#include <vector>

#include "parsers/kernel/task_rows.h"

namespace kautopsy {
namespace {

Task TaskOf(int64_t pid, Integer rss_pages) {
  Task task;
  task.pid = pid;
  task.rss_pages = rss_pages;
  return task;
}

struct CellCounter final : CellSink {
  void OnInteger(const Integer& value) override { with_value += value ? 1 : 0; }
  void OnReal(const Real& value) override { with_value += value ? 1 : 0; }
  void OnText(const Text& value) override { with_value += value ? 1 : 0; }
  std::size_t with_value = 0;
};

TEST_CASE("Packed rows give back every figure, however large, and what was not there") {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  TaskRows rows;
  constexpr int64_t kLeastNarrow = std::numeric_limits<int32_t>::min();
  constexpr int64_t kMostNarrow = std::numeric_limits<int32_t>::max();
  const std::vector<Integer> figures = {
      0, -1, 1, kLeastNarrow, kLeastNarrow - 1, kMostNarrow, kMostNarrow + 1, kLeast, kMost, {}};
  for (const Integer& figure : figures) {
    Task task;
    task.pid = figure;
    task.sixth = figure;
    task.comm = figure ? Text(std::to_string(*figure)) : std::nullopt;
    rows.Add(task);
  }
  REQUIRE(rows.size() == figures.size());
  for (std::size_t i = figures.size(); i-- > 0;) {  // in whatever order
    CAPTURE(i);
    const Task task = rows[i];
    CHECK(task.pid == figures[i]);
    CHECK(task.sixth == figures[i]);
    CHECK_FALSE(task.uid.has_value());
    CHECK(task.comm.has_value() == figures[i].has_value());
    CHECK_FALSE(task.guest.has_value());
    CHECK(task.position == static_cast<int64_t>(i));
  }
}

TEST_CASE("A row that is visited shows nothing of the row before it") {
  TaskRows rows;
  Task full;
  for (const Field<Task>& field : Task::Fields()) {
    if (field.integer) full.*field.integer = 7;
    if (field.text) full.*field.text = "seven";
  }
  full.nr_ptes = full.nr_pmds = full.pgtables_bytes = 7000;
  rows.Add(full);
  rows.Add(TaskOf(1, {}));
  rows.SetPageSize(4);
  CellCounter cells;
  rows.Visit(0, cells);
  // All but the ranks, the scores and the death, which only the whole table tells.
  CHECK(std::exchange(cells.with_value, 0) == Task::Fields().size() - 4);
  rows.Visit(1, cells);
  CHECK(cells.with_value == 2);  // pid, position
}

TEST_CASE("The terms of a score are those of the whole row") {
  TaskRows rows;
  Task task = TaskOf(1, 100);
  task.oom_score_adj = -5;
  task.fifth = 8192;
  task.sixth = 30;
  task.uid = 1000;
  rows.Add(task);
  rows.ResolveColumns(false);
  const TaskTerms terms = rows.Terms(0);
  const Task whole = rows[0];
  CHECK(terms.rss_pages == 100);
  CHECK(terms.oom_score_adj == -5);
  CHECK(terms.pgtables_bytes == 8192);
  CHECK(terms.pgtables_bytes == whole.pgtables_bytes);
  CHECK(terms.swapents_pages == 30);
  CHECK(terms.swapents_pages == whole.swapents_pages);
  CHECK_FALSE(terms.nr_ptes.has_value());
}

TEST_CASE("A table of many rows keeps all of them") {
  constexpr int64_t kRows = 20000;
  TaskRows rows;
  for (int64_t pid = 0; pid < kRows; ++pid) {
    Task task = TaskOf(pid, pid % 100);
    task.comm = "worker/" + std::to_string(pid % 7);
    rows.Add(task);
  }
  for (std::size_t i = 0; i < rows.size(); i += 999) {
    CHECK(rows[i].pid == static_cast<int64_t>(i));
    CHECK(rows[i].comm == "worker/" + std::to_string(i % 7));
  }
  CHECK(rows.rss_pages() == kRows / 100 * 4950);
}

TEST_CASE("What lies in swap is added up only if every row tells it under a name that is known") {
  const auto with = [](Integer swapents, Integer fifth, Integer sixth) {
    Task task = TaskOf(1, 10);
    task.swapents_pages = swapents;
    task.fifth = fifth;
    task.sixth = sixth;
    return task;
  };
  TaskRows named;
  CHECK_FALSE(named.swap_pages().has_value());
  named.Add(with(5, {}, {}));
  named.Add(with(7, {}, {}));
  CHECK(named.swap_pages() == 12);
  named.Add(TaskOf(2, 10));
  CHECK_FALSE(named.swap_pages().has_value());
  TaskRows unnamed;
  unnamed.Add(with({}, 8192, 5));
  unnamed.Add(with({}, 4096, 6));
  CHECK_FALSE(unnamed.swap_pages().has_value());
  unnamed.ResolveColumns(false);
  CHECK(unnamed.swap_pages() == 11);
  unnamed.ResolveColumns(true);  // the columns are cpu and oom_adj
  CHECK_FALSE(unnamed.swap_pages().has_value());
  TaskRows absurd;
  absurd.Add(with(-1, {}, {}));
  CHECK_FALSE(absurd.swap_pages().has_value());
}

TEST_CASE("Rows are ranked by resident memory, equal ones as they stand, those without it last") {
  TaskRows rows;
  for (const Integer& rss : std::vector<Integer>{5, 9, {}, 9, 0}) rows.Add(TaskOf(1, rss));
  CHECK_FALSE(rows[0].rss_rank.has_value());
  rows.Rank();
  const std::vector<int64_t> expected = {3, 1, 5, 2, 4};
  for (std::size_t i = 0; i < expected.size(); ++i) CHECK(rows[i].rss_rank == expected[i]);
}

TEST_CASE("Sizes follow from the page size, but for figures beyond any machine") {
  TaskRows rows;
  Task task = TaskOf(1, 100);
  task.nr_ptes = 3;
  task.nr_pmds = 1;
  rows.Add(task);
  rows.Add(TaskOf(2, std::numeric_limits<int64_t>::max()));
  rows.Add(TaskOf(3, -1));
  CHECK_FALSE(rows[0].rss_kb.has_value());
  rows.SetPageSize(4);
  CHECK(rows[0].rss_kb == 400);
  CHECK(rows[0].pgtables_kb == 16);
  CHECK_FALSE(rows[1].rss_kb.has_value());
  CHECK_FALSE(rows[2].rss_kb.has_value());
  CHECK_FALSE(rows.rss_pages().has_value());
}

}  // namespace
}  // namespace kautopsy
