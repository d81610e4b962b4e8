#include "parsers/kernel/task_scores.h"

#include <doctest/doctest.h>

#include <vector>

namespace kautopsy {
namespace {

Task MakeTask(int64_t rss_pages, int64_t adjustment) {
  Task task;
  task.rss_pages = rss_pages;
  task.swapents_pages = 0;
  task.pgtables_bytes = 8192;
  task.oom_score_adj = adjustment;
  return task;
}

std::vector<Task> Scored(const std::vector<Task>& tasks, const ScoreBase& base) {
  TaskRows rows;
  for (const Task& task : tasks) rows.Add(task);
  rows.SetScores([&](const TaskRows& all) { return ScoreTasks(all, base, 4); });
  std::vector<Task> scored;
  for (std::size_t row = 0; row < rows.size(); ++row) scored.push_back(rows[row]);
  return scored;
}

std::vector<Integer> RanksOf(const std::vector<Task>& tasks) {
  std::vector<Integer> ranks;
  ranks.reserve(tasks.size());
  for (const Task& task : tasks) ranks.push_back(task.badness_rank);
  return ranks;
}

TEST_CASE("Tasks are ranked by what they hold and by their setting") {
  std::vector<Task> tasks = {MakeTask(5000, 0), MakeTask(100, 500), MakeTask(9000, -1000),
                             MakeTask(6000, -100)};
  tasks = Scored(tasks, {10000, 10000});
  CHECK(RanksOf(tasks) == std::vector<Integer>{2, 1, std::nullopt, 3});
  // (5000 + 2 pages of tables) / 10,000; (102 + 500 * 10) / 10,000; (6002 - 100 * 10) / 10,000.
  CHECK(tasks[0].badness_permille == 500);
  CHECK(tasks[1].badness_permille == 510);
  CHECK_FALSE(tasks[2].badness_permille);
  CHECK(tasks[3].badness_permille == 500);
}

TEST_CASE("Equal ones keep their order") {
  std::vector<Task> tasks = {MakeTask(10, 0), MakeTask(10, 0)};
  tasks = Scored(tasks, {10000, 10000});
  CHECK(RanksOf(tasks) == std::vector<Integer>{1, 2});
}

TEST_CASE("A score needs an exact base and all its terms, a rank does not") {
  std::vector<Task> tasks = {MakeTask(10, 0), MakeTask(20, 0)};
  SUBCASE("swap may add to the base") { tasks = Scored(tasks, {10000, 20000}); }
  SUBCASE("nothing bounds the base") { tasks = Scored(tasks, {10000, std::nullopt}); }
  SUBCASE("no base at all") { tasks = Scored(tasks, {}); }
  SUBCASE("the table prints no page tables") {
    for (Task& task : tasks) task.pgtables_bytes.reset();
    tasks = Scored(tasks, {10000, 10000});
  }
  CHECK_FALSE(tasks[1].badness_permille);
  CHECK(RanksOf(tasks) == std::vector<Integer>{2, 1});
}

TEST_CASE("Without a base different settings cannot be compared") {
  std::vector<Task> tasks = {MakeTask(10, 0), MakeTask(20, 5)};
  tasks = Scored(tasks, {});
  CHECK(RanksOf(tasks) == std::vector<Integer>{std::nullopt, std::nullopt});
}

TEST_CASE("Figures that no machine has score nothing") {
  std::vector<Task> tasks = {MakeTask(INT64_MAX, 0), MakeTask(-1, 0), MakeTask(10, 5000),
                             MakeTask(10, 0)};
  tasks[3].oom_score_adj.reset();  // before 2.6.36
  tasks = Scored(tasks, {INT64_MAX, INT64_MAX});
  CHECK(RanksOf(tasks) == std::vector<Integer>(4));
}

}  // namespace
}  // namespace kautopsy
