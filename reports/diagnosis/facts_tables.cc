#include "reports/diagnosis/facts_tables.h"

#include <utility>

namespace kautopsy {
namespace {

constexpr int64_t kLargestSize = int64_t{1} << 44;  // as in facts_rows.cc

Integer Size(const Statement& row, int column) {
  const Integer value = row.GetInteger(column);
  if (value && (*value < -kLargestSize || *value > kLargestSize)) return std::nullopt;
  return value;
}

// How many of the largest tasks a report names.
constexpr const char* kBiggestTasks =
    "SELECT pid, uid, total_vm_pages, rss_pages, total_vm_kb, rss_kb, oom_score_adj, pgtables_kb,"
    " swap_kb, comm, guest, position FROM task WHERE event_id = ?1 ORDER BY rss_pages DESC, "
    "position LIMIT 5";
constexpr const char* kGuestTasks =
    "SELECT pid, uid, total_vm_pages, rss_pages, total_vm_kb, rss_kb, oom_score_adj, pgtables_kb,"
    " swap_kb, comm, guest, position FROM task WHERE event_id = ?1 AND guest IS NOT NULL ORDER BY "
    "rss_pages DESC, position LIMIT 1000";

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
  // total() adds as floating point, so absurd figures of a damaged table do not overflow.
  constexpr const char* kSums =
      "SELECT count(*), total(rss_pages), total(rss_kb), count(rss_kb), count(guest)"
      " FROM task WHERE event_id = ?1";
  bool has_guests = false;
  Status read = reader.ForEach(kSums, event.id, [&](const Statement& row) {
    event.tasks.rows = row.GetInteger(0).value_or(0);
    constexpr double kLimit = 1e15;  // beyond any machine, and exact as floating point
    const double pages = row.GetReal(1).value_or(0);
    const double kb = row.GetReal(2).value_or(0);
    const bool sane = pages >= 0 && pages < kLimit && kb >= 0 && kb < kLimit;
    if (sane) event.tasks.rss_pages = static_cast<int64_t>(pages);
    if (sane && row.GetInteger(3).value_or(0) > 0) event.tasks.rss_kb = static_cast<int64_t>(kb);
    has_guests = row.GetInteger(4).value_or(0) > 0;
  });
  if (!read || event.tasks.rows == 0) return read;
  read = reader.ForEach(kBiggestTasks, event.id,
                        [&](const Statement& row) { event.tasks.biggest.push_back(ToTask(row)); });
  if (!read || !has_guests) return read;
  return reader.ForEach(kGuestTasks, event.id,
                        [&](const Statement& row) { event.tasks.guests.push_back(ToTask(row)); });
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
