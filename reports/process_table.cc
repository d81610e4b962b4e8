#include "reports/process_table.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

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

// The last table before that one of the same machine: by the dates where both have one, else where
// they stand in one source.
constexpr const char* kTableBefore =
    "SELECT p.event_id, coalesce(p.time, p.local_time), p.title FROM event AS own JOIN event AS p"
    " ON p.incident_id IN (SELECT own.incident_id UNION"
    "  SELECT incident_id FROM incident WHERE incident.host = own.host)"
    " WHERE own.event_id = ?1 AND p.event_id <> own.event_id AND p.host IS own.host"
    " AND EXISTS (SELECT 1 FROM task WHERE task.event_id = p.event_id) AND CASE"
    "  WHEN p.time_us IS NOT NULL AND own.time_us IS NOT NULL AND p.time_us <> own.time_us"
    "   THEN p.time_us < own.time_us"
    "  WHEN p.source_id = own.source_id"
    "   THEN (p.first_line, p.first_column) < (own.first_line, own.first_column)"
    "  ELSE 0 END"
    " ORDER BY CASE WHEN own.time_us IS NULL THEN 0 ELSE coalesce(p.time_us, 0) END DESC,"
    " p.first_line DESC, p.first_column DESC LIMIT 1";
constexpr const char* kSizes =
    "SELECT guest, comm, pid, rss_kb FROM task WHERE event_id = ?1 AND rss_kb IS NOT NULL";

// Guest and command: what tells processes of two tables to be of one name.
using ProcessKey = std::pair<Text, Text>;
struct SizedProcess {
  Integer pid;
  Integer rss_kb;
};
using ProcessSizes = std::map<ProcessKey, std::vector<SizedProcess>>;

Result<ProcessSizes> ReadSizes(RowReader& reader, int64_t event_id) {
  ProcessSizes sizes;
  const Status read = reader.ForEach(kSizes, event_id, [&](const Statement& row) {
    const Integer rss_kb = Size(row, 3);
    if (!rss_kb || *rss_kb < 0) return;
    sizes[{row.GetText(0), row.GetText(1)}].push_back({row.GetInteger(2), rss_kb});
  });
  if (!read) return tl::unexpected(read.error());
  return sizes;
}

// The one of the same pid, or the only one of its name in both tables: of several that came and
// went nobody can tell which was which.
Integer SizeBefore(const ProcessRow& row, const ProcessSizes& now, const ProcessSizes& before) {
  const ProcessKey key{row.guest, row.comm};
  const auto earlier = before.find(key);
  if (earlier == before.end()) return std::nullopt;
  for (const SizedProcess& process : earlier->second)
    if (row.pid && process.pid == row.pid) return process.rss_kb;
  const auto current = now.find(key);
  const bool single =
      current != now.end() && current->second.size() == 1 && earlier->second.size() == 1;
  return single ? earlier->second.front().rss_kb : std::nullopt;
}

std::string TitleOf(const IncidentReport& report, int64_t event_id, const std::string& otherwise) {
  for (const EventLine& event : report.events)
    if (event.id == event_id && event.moment != "~") return event.moment + " " + event.title;
  return otherwise;
}

Status CompareWithBefore(RowReader& reader, const IncidentReport& report, ProcessTable& table) {
  Integer event_id;
  Status read = reader.ForEach(kTableBefore, table.event_id, [&](const Statement& row) {
    event_id = row.GetInteger(0);
    const std::string title = row.GetText(2).value_or("");
    const Text time = row.GetText(1);
    table.before = TitleOf(report, *event_id, time ? *time + " " + title : title);
  });
  if (!read || !event_id) return read;
  const Result<ProcessSizes> before = ReadSizes(reader, *event_id);
  if (!before) return tl::unexpected(before.error());
  const Result<ProcessSizes> now = ReadSizes(reader, table.event_id);
  if (!now) return tl::unexpected(now.error());
  for (ProcessRow& row : table.rows) {
    row.before_kb = SizeBefore(row, *now, *before);
    if (row.before_kb && row.rss_kb) row.change_kb = *row.rss_kb - *row.before_kb;
  }
  return {};
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
    const Status compared =
        table->rows.empty() ? Status() : CompareWithBefore(reader, report, *table);
    if (!compared) return tl::unexpected(compared.error());
    tables.push_back(std::move(*table));
  }
  return tables;
}

}  // namespace kautopsy
