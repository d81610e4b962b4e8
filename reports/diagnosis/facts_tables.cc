#include "reports/diagnosis/facts_tables.h"

#include <utility>

namespace kautopsy {
namespace {

// Worded as the index task_biggest is: SQLite then looks at nothing but these rows.
constexpr const char* kTasksThatMatter =
    "SELECT pid, uid, total_vm_pages, rss_pages, total_vm_kb, rss_kb, oom_score_adj, pgtables_kb,"
    " swap_kb, comm, guest, position, rss_rank <= 5 FROM task WHERE event_id = ?1"
    " AND (rss_rank <= 5 OR guest IS NOT NULL) ORDER BY rss_rank LIMIT 1000";
constexpr const char* kSums =
    "SELECT tasks, tasks_rss_pages, tasks_rss_kb FROM oom_report WHERE event_id = ?1";

TaskFacts ToTask(const Statement& row) {
  TaskFacts task;
  task.pid = row.GetInteger(0);
  task.uid = row.GetInteger(1);
  task.total_vm_pages = Size(row, 2);
  task.rss_pages = Size(row, 3);
  task.total_vm_kb = Size(row, 4);
  task.rss_kb = Size(row, 5);
  task.oom_score_adj = Size(row, 6);
  task.pgtables_kb = Size(row, 7);
  task.swap_kb = Size(row, 8);
  task.comm = row.GetText(9);
  task.guest = row.GetText(10);
  task.position = row.GetInteger(11);
  return task;
}

}  // namespace

Status ReadTasks(RowReader& reader, EventFacts& event) {
  TaskTable& tasks = event.tasks;
  Status read = reader.ForEach(kSums, event.id, [&](const Statement& row) {
    tasks.rows = row.GetInteger(0).value_or(0);
    tasks.rss_pages = row.GetInteger(1).value_or(0);
    tasks.rss_kb = row.GetInteger(2);
  });
  if (!read) return read;
  return reader.ForEach(kTasksThatMatter, event.id, [&](const Statement& row) {
    const TaskFacts task = ToTask(row);
    if (row.GetInteger(12) == 1) tasks.biggest.push_back(task);
    if (task.guest) tasks.guests.push_back(task);
  });
}

Status ReadValues(RowReader& reader, EventFacts& event) {
  constexpr const char* kSql = "SELECT name, value, unit FROM proc_value WHERE event_id = ?1";
  return reader.ForEach(kSql, event.id, [&](const Statement& row) {
    const Text name = row.GetText(0);
    const Real value = row.GetReal(1);
    if (name && value) event.values.emplace(*name, Quantity{*value, row.GetText(2)});
  });
}

Status ReadCommand(RowReader& reader, EventFacts& event) {
  constexpr const char* kSql = "SELECT text FROM command WHERE event_id = ?1";
  return reader.ForEach(kSql, event.id,
                        [&](const Statement& row) { event.command = row.GetText(0); });
}

}  // namespace kautopsy
