#include <doctest/doctest.h>

#include <limits>
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

TEST_CASE("Packed rows give back every figure, however large, and what was not there") {
  constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  TaskRows rows;
  const std::vector<Integer> figures = {0, -1, 1, 63, 64, -64, -65, 127, 128, kLeast, kMost, {}};
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
