#include "reports/process_table.h"

#include <algorithm>
#include <set>

namespace kautopsy {
namespace {

constexpr const char* kCount = "SELECT count(*) FROM task WHERE event_id = ?";
constexpr const char* kKilled = "SELECT pid FROM oom_kill WHERE event_id = ? AND pid IS NOT NULL";
constexpr const char* kRows =
    "SELECT task.comm, guest, task.pid, uid, oom_score_adj, rss_kb, rss_anon_pages * page_size_kb,"
    " rss_file_pages * page_size_kb, rss_shmem_pages * page_size_kb, swap_kb, pgtables_kb,"
    " badness_permille, badness_rank, rss_rank FROM task JOIN event USING (event_id)"
    " WHERE event_id = ? ORDER BY rss_rank IS NULL, rss_rank, position LIMIT 2000";

ProcessRow ToRow(const Statement& row) {
  ProcessRow process;
  process.comm = row.GetText(0);
  process.guest = row.GetText(1);
  Integer* const numbers[] = {&process.pid,      &process.uid,        &process.oom_score_adj,
                              &process.rss_kb,   &process.anon_kb,    &process.file_kb,
                              &process.shmem_kb, &process.swap_kb,    &process.pgtables_kb,
                              &process.score,    &process.score_rank, &process.rss_rank};
  int column = 2;
  for (Integer* const number : numbers) *number = row.GetInteger(column++);
  for (Integer* const size : {&process.rss_kb, &process.anon_kb, &process.file_kb,
                              &process.shmem_kb, &process.swap_kb, &process.pgtables_kb}) {
    if (*size && (**size < 0 || **size > kLargestSize)) *size = std::nullopt;
  }
  return process;
}

// Reads at most `most` rows.
Result<ProcessTable> ReadTable(RowReader& reader, const EventLine& event, std::size_t most) {
  ProcessTable table;
  table.event_id = event.id;
  table.title = event.moment == "~" ? event.title : event.moment + " " + event.title;
  Status read = reader.ForEach(kCount, event.id, [&](const Statement& row) {
    table.printed = row.GetInteger(0).value_or(0);
  });
  if (!read || table.printed == 0)
    return read ? Result<ProcessTable>(table) : tl::unexpected(read.error());
  std::set<Integer> killed;
  read = reader.ForEach(kKilled, event.id,
                        [&](const Statement& row) { killed.insert(row.GetInteger(0)); });
  if (!read) return tl::unexpected(read.error());
  read = reader.ForEach(kRows, event.id, [&](const Statement& row) {
    if (table.rows.size() >= most) return;
    table.rows.push_back(ToRow(row));
    table.rows.back().killed = killed.contains(table.rows.back().pid);
  });
  if (!read) return tl::unexpected(read.error());
  return table;
}

}  // namespace

Result<std::vector<ProcessTable>> ReadProcessTables(RowReader& reader,
                                                    const IncidentReport& report) {
  std::vector<ProcessTable> tables;
  std::size_t left = kMostProcessRows;
  for (const EventLine& event : report.events) {
    Result<ProcessTable> table = ReadTable(reader, event, left);
    if (!table) return tl::unexpected(table.error());
    if (table->printed == 0) continue;
    left -= table->rows.size();
    tables.push_back(std::move(*table));
  }
  return tables;
}

}  // namespace kautopsy
