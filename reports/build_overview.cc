#include "reports/builder.h"

#include "reports/diagnosis/moments.h"

namespace kautopsy {
namespace {

constexpr const char* kSources =
    "SELECT path, lines, lines_claimed, lines_noise, lines_unclaimed_kernel, lines_not_kernel, "
    "lines_damaged,"
    " (SELECT count(*) FROM event_source AS e WHERE e.source_id = source.source_id),"
    " (SELECT count(*) FROM event_source AS e JOIN event USING (event_id)"
    "  WHERE e.source_id = source.source_id AND event.complete = 0), damage FROM source ORDER BY "
    "source_id";

// The worst first: by severity, then how sure, then the newest.
constexpr const char* kIncidents =
    "SELECT incident_id, host, first_time, last_time, severity, primary_cause, confidence, "
    "headline, victims,"
    " signature, missing,"
    " (SELECT min(local_time) FROM event WHERE event.incident_id = incident.incident_id AND time "
    "IS NULL)"
    " FROM incident ORDER BY"
    " CASE severity WHEN 'critical' THEN 0 WHEN 'major' THEN 1 WHEN 'minor' THEN 2 ELSE 3 END,"
    " last_time DESC, incident_id DESC";

SourceLedger ToLedger(const Statement& row) {
  SourceLedger ledger;
  ledger.path = row.GetText(0).value_or("?");
  int64_t* const counts[] = {
      &ledger.lines,      &ledger.claimed, &ledger.noise,   &ledger.unclaimed_kernel,
      &ledger.not_kernel, &ledger.damaged, &ledger.records, &ledger.incomplete};
  int column = 1;
  for (int64_t* const count : counts) *count = row.GetInteger(column++).value_or(0);
  ledger.damage = row.GetText(column);
  return ledger;
}

IncidentLine ToLine(const Statement& row) {
  IncidentLine line;
  line.id = row.GetInteger(0).value_or(0);
  line.host = row.GetText(1);
  line.first_time = row.GetText(2);
  line.last_time = row.GetText(3);
  line.severity = row.GetText(4).value_or("info");
  line.primary_cause = row.GetText(5).value_or("unknown");
  line.confidence = row.GetText(6).value_or("low");
  line.headline = row.GetText(7).value_or("");
  line.victims = row.GetText(8).value_or("");
  line.signature = row.GetText(9).value_or("");
  line.missing = row.GetText(10).value_or("");
  EventFacts moment;
  moment.time = line.last_time;
  if (!moment.time) moment.local_time = row.GetText(11);
  line.when = DayText(moment);
  if (line.when.empty()) line.when = "undated";
  return line;
}

template <class Body>
Status ForEachRow(Database& database, const char* sql, Body&& body) {
  Result<Statement> statement = database.Prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  Result<bool> row = statement->Step();
  for (; row && *row; row = statement->Step()) body(*statement);
  if (!row) return tl::unexpected(row.error());
  return {};
}

}  // namespace

Result<Overview> BuildOverview(Database& database) {
  Overview overview;
  Status read = ForEachRow(
      database, kSources, [&](const Statement& row) { overview.sources.push_back(ToLedger(row)); });
  if (!read) return tl::unexpected(read.error());
  read = ForEachRow(database, kIncidents,
                    [&](const Statement& row) { overview.incidents.push_back(ToLine(row)); });
  if (!read) return tl::unexpected(read.error());
  constexpr const char* kCounts =
      "SELECT count(*), count(DISTINCT host), total(complete = 0) FROM event";
  read = ForEachRow(database, kCounts, [&](const Statement& row) {
    overview.records = row.GetInteger(0).value_or(0);
    overview.hosts = row.GetInteger(1).value_or(0);
    overview.incomplete = static_cast<int64_t>(row.GetReal(2).value_or(0));
  });
  if (!read) return tl::unexpected(read.error());
  return overview;
}

}  // namespace kautopsy
