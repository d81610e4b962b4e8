#include <fmt/core.h>

#include <map>
#include <string>
#include <utility>

#include "reports/builder.h"
#include "reports/diagnosis/history.h"
#include "reports/diagnosis/moments.h"
#include "reports/format.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr const char* kSources =
    "SELECT path, lines, lines_claimed, lines_noise, lines_unclaimed_kernel, lines_not_kernel, "
    "lines_damaged,"
    " (SELECT count(*) FROM event_source AS e WHERE e.source_id = source.source_id),"
    " (SELECT count(*) FROM event_source AS e JOIN event USING (event_id)"
    "  WHERE e.source_id = source.source_id AND event.complete = 0), CASE WHEN damage IS NOT NULL "
    "THEN"
    " (SELECT d.damage FROM damaged_sources AS d WHERE d.source_id = source.source_id) END,"
    " source_id FROM source"
    " ORDER BY source_id";

SourceLedger ToLedger(const Statement& row) {
  SourceLedger ledger;
  ledger.path = row.GetText(0).value_or("?");
  int64_t* const counts[] = {
      &ledger.lines,      &ledger.claimed, &ledger.noise,   &ledger.unclaimed_kernel,
      &ledger.not_kernel, &ledger.damaged, &ledger.records, &ledger.incomplete};
  int column = 1;
  for (int64_t* const count : counts) *count = row.GetInteger(column++).value_or(0);
  ledger.damage = row.GetText(column++);
  ledger.id = row.GetInteger(column).value_or(0);
  return ledger;
}

// The worst first: by severity, then how sure, then the newest.
constexpr const char* kWorstFirst =
    " ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'major' THEN 1 WHEN 'minor' THEN 2"
    " ELSE 3 END, last_time DESC, incident.incident_id DESC";
constexpr const char* kIncidentColumns =
    "SELECT incident_id, host, first_time, last_time, severity, primary_cause, confidence, "
    "headline, victims,"
    " signature, missing,"
    " (SELECT min(local_time) FROM event WHERE event.incident_id = incident.incident_id AND time "
    "IS NULL)"
    " FROM incident WHERE ";

// An incident, and the moment that names its day.
struct DatedLine {
  IncidentLine line;
  EventFacts moment;
};

DatedLine ToLine(const Statement& row) {
  DatedLine dated;
  IncidentLine& line = dated.line;
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
  EventFacts& moment = dated.moment;
  moment.time = line.last_time;
  if (!moment.time) moment.local_time = row.GetText(11);
  line.when = DayText(moment);
  if (line.when.empty()) line.when = "undated";
  return dated;
}

// Several incidents of a host on one day are told apart by the time of day.
void TellApart(std::vector<DatedLine>& lines) {
  std::map<std::pair<Text, std::string>, int> days;
  for (const DatedLine& dated : lines) ++days[{dated.line.host, dated.line.when}];
  for (DatedLine& dated : lines) {
    const std::string second = SecondText(dated.moment);
    if (days[{dated.line.host, dated.line.when}] > 1 && !second.empty()) dated.line.when = second;
  }
}

CountLine ToCount(const Statement& row) {
  return {row.GetText(0).value_or("unknown"), row.GetInteger(1).value_or(0), row.GetInteger(2)};
}

// Runs statements about the incidents of a filter.
class FilteredReader {
 public:
  FilteredReader(Database& database, const IncidentFilter& filter)
      : database_(database), filter_(filter) {}

  // `sql` = `before` + the filter's condition + `after`; `body(const Statement&)` for every row.
  template <class Body>
  Status ForEach(const std::string& before, const std::string& after, Body&& body) {
    Result<Statement> statement = database_.Prepare(before + kFilterSql + after);
    if (!statement) return tl::unexpected(statement.error());
    BindFilter(*statement, filter_);
    return ForEachRow(*statement, std::forward<Body>(body));
  }

 private:
  Database& database_;
  const IncidentFilter& filter_;
};

constexpr int64_t kMicroseconds = 1000000;
constexpr int kMostCounted = 8;
const std::string kMost = " LIMIT " + std::to_string(kMostCounted);

Status ReadCounts(FilteredReader& reader, Overview& overview) {
  Status read = reader.ForEach(
      "SELECT severity, count(*) FROM incident WHERE ",
      " GROUP BY severity ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'major' THEN 1"
      " WHEN 'minor' THEN 2 ELSE 3 END",
      [&](const Statement& row) { overview.severities.push_back(ToCount(row)); });
  if (read) {
    read = reader.ForEach("SELECT primary_cause, count(*) FROM incident WHERE ",
                          " GROUP BY primary_cause ORDER BY count(*) DESC, primary_cause" + kMost,
                          [&](const Statement& row) { overview.causes.push_back(ToCount(row)); });
  }
  if (!read) return read;
  return reader.ForEach(
      "SELECT coalesce('guest ' || k.guest, k.comm), count(*), max(coalesce(k.anon_rss_kb, 0)"
      " + coalesce(k.file_rss_kb, 0) + coalesce(k.shmem_rss_kb, 0))"
      " FROM oom_kill AS k JOIN event USING (event_id) JOIN incident USING (incident_id)"
      " WHERE coalesce(k.repeated, 0) = 0 AND ",
      " GROUP BY 1 ORDER BY count(*) DESC, 3 DESC, 1" + kMost,
      [&](const Statement& row) { overview.victims.push_back(ToCount(row)); });
}

Status ReadTotals(FilteredReader& reader, Overview& overview) {
  return reader.ForEach(
      "SELECT count(*), total(kills > 0 OR victims IS NOT NULL), min(first_time), max(last_time),"
      " min(first_us) FILTER (WHERE first_time IS NOT NULL),"
      " max(last_us) FILTER (WHERE first_time IS NOT NULL), count(DISTINCT coalesce(host, '')),"
      " count(first_time)"
      " FROM incident WHERE ",
      "", [&](const Statement& row) {
        overview.incidents = row.GetInteger(0).value_or(0);
        overview.with_kills = static_cast<int64_t>(row.GetReal(1).value_or(0));
        overview.dated = row.GetInteger(7).value_or(0);
        overview.from = row.GetText(2);
        overview.to = row.GetText(3);
        overview.from_us = row.GetInteger(4).value_or(0);
        overview.span_s = (row.GetInteger(5).value_or(0) - overview.from_us) / kMicroseconds;
        overview.hosts_in_all = row.GetInteger(6).value_or(0);
      });
}

std::string RhythmWords(int64_t gaps, const Integer& shortest_s, const Integer& longest_s) {
  if (gaps == 0 || !shortest_s || !longest_s) return "";
  const std::string range = SpanRange(*shortest_s, *longest_s);
  if (gaps < static_cast<int64_t>(kGapsForPeriod)) return range + " apart";
  return AlikeSpans(*shortest_s, *longest_s) ? "every " + range : "irregular: " + range;
}

// The hosts with most incidents. What returns most often is what the rhythm is of.
Status ReadHosts(FilteredReader& reader, Overview& overview) {
  Status read = reader.ForEach("SELECT host, count(*) FROM incident WHERE ",
                               " GROUP BY host ORDER BY count(*) DESC, host" + kMost,
                               [&](const Statement& row) {
                                 HostLine line;
                                 line.host = row.GetText(0);
                                 line.incidents = row.GetInteger(1).value_or(0);
                                 overview.hosts.push_back(std::move(line));
                               });
  if (!read) return read;
  std::map<Text, HostLine*> lines;
  for (HostLine& line : overview.hosts) lines[line.host] = &line;
  return reader.ForEach(
      "SELECT host, primary_cause, count(*), count(gap_s), min(gap_s), max(gap_s)"
      " FROM incident WHERE ",
      " GROUP BY host, primary_cause ORDER BY count(*) DESC, primary_cause",
      [&](const Statement& row) {
        const auto line = lines.find(row.GetText(0));
        if (line == lines.end() || !line->second->cause.empty()) return;
        line->second->cause = row.GetText(1).value_or("unknown");
        line->second->of_cause = row.GetInteger(2).value_or(0);
        line->second->rhythm =
            RhythmWords(row.GetInteger(3).value_or(0), row.GetInteger(4), row.GetInteger(5));
      });
}

// A trend over less than a day is one of hours, and no trend.
constexpr int64_t kShortestSpan = 86400;

Status ReadPeriods(FilteredReader& reader, Overview& overview) {
  if (overview.span_s < kShortestSpan) return {};
  std::map<Text, HostLine*> lines;
  for (HostLine& line : overview.hosts) {
    line.by_period.resize(kPeriods);
    lines[line.host] = &line;
  }
  overview.by_period.resize(kPeriods);
  const int64_t period_us = overview.span_s * kMicroseconds / static_cast<int64_t>(kPeriods) + 1;
  return reader.ForEach(
      fmt::format("SELECT host, (first_us - {}) / {} AS period, count(*) FROM incident"
                  " WHERE first_time IS NOT NULL AND ",
                  overview.from_us, period_us),
      " GROUP BY host, period", [&](const Statement& row) {
        const int64_t at = row.GetInteger(1).value_or(-1);
        if (at < 0 || at >= static_cast<int64_t>(kPeriods)) return;
        const int64_t count = row.GetInteger(2).value_or(0);
        overview.by_period[static_cast<std::size_t>(at)] += count;
        const auto line = lines.find(row.GetText(0));
        if (line != lines.end()) line->second->by_period[static_cast<std::size_t>(at)] += count;
      });
}

Status ReadShared(FilteredReader& reader, Overview& overview) {
  std::map<std::string, std::size_t> places;
  Status read = reader.ForEach(
      "SELECT signature FROM incident WHERE signature IS NOT NULL AND primary_cause <> 'unknown'"
      " AND host IS NOT NULL AND ",
      " GROUP BY signature HAVING count(DISTINCT host) > 1"
      " ORDER BY count(DISTINCT host) DESC, count(*) DESC, signature" +
          kMost,
      [&](const Statement& row) {
        places[row.GetText(0).value_or("")] = overview.shared.size();
        overview.shared.push_back({row.GetText(0).value_or(""), {}});
      });
  if (!read || places.empty()) return read;
  return reader.ForEach(
      "SELECT host, count(*), NULL, signature FROM incident WHERE host IS NOT NULL AND ",
      " GROUP BY signature, host ORDER BY count(*) DESC, host", [&](const Statement& row) {
        const auto place = places.find(row.GetText(3).value_or(""));
        if (place != places.end()) overview.shared[place->second].hosts.push_back(ToCount(row));
      });
}

Status ReadWorst(FilteredReader& reader, const Integer& most, Overview& overview) {
  const std::string limit = most ? " LIMIT " + std::to_string(*most) : "";
  std::vector<DatedLine> lines;
  Status read = reader.ForEach(kIncidentColumns, kWorstFirst + limit,
                               [&](const Statement& row) { lines.push_back(ToLine(row)); });
  TellApart(lines);
  for (DatedLine& dated : lines) overview.worst.push_back(std::move(dated.line));
  return read;
}

// That nothing was found must not be said of a log whose lines speak of it.
Status ReadUnread(Database& database, Overview& overview) {
  constexpr const char* kUnread =
      "SELECT source_id, line, substr(text, 1, 200), count(*) OVER () FROM unclaimed_line"
      " WHERE instr(text, 'page allocation failure') OR instr(text, 'oom-kill')"
      " OR instr(text, 'Out of memory') OR instr(text, 'Killed process')"
      " ORDER BY source_id, line LIMIT 1";
  return ForEachRow(database, kUnread, [&](const Statement& row) {
    overview.unread = {row.GetInteger(3).value_or(0), row.GetInteger(0).value_or(0),
                       row.GetInteger(1).value_or(0), row.GetText(2).value_or("")};
  });
}

}  // namespace

Result<StoreSummary> BuildStoreSummary(Database& database) {
  StoreSummary summary;
  constexpr const char* kCounts =
      "SELECT count(*), count(DISTINCT host), total(complete = 0) FROM event";
  Status read = ForEachRow(database, kCounts, [&](const Statement& row) {
    summary.records = row.GetInteger(0).value_or(0);
    summary.hosts = row.GetInteger(1).value_or(0);
    summary.incomplete = static_cast<int64_t>(row.GetReal(2).value_or(0));
  });
  if (read) {
    read = ForEachRow(database, kSources,
                      [&](const Statement& row) { summary.sources.push_back(ToLedger(row)); });
  }
  if (!read) return tl::unexpected(read.error());
  return summary;
}

Result<Overview> BuildOverview(Database& database, const IncidentFilter& filter,
                               const Integer& most) {
  Overview overview;
  Result<StoreSummary> store = BuildStoreSummary(database);
  if (!store) return tl::unexpected(store.error());
  overview.store = std::move(*store);
  FilteredReader reader(database, filter);
  Status read = ReadTotals(reader, overview);
  if (read) read = ReadWorst(reader, most, overview);
  if (read) read = ReadCounts(reader, overview);
  if (read) read = ReadHosts(reader, overview);
  if (read) read = ReadPeriods(reader, overview);
  if (read) read = ReadShared(reader, overview);
  if (read && overview.incidents == 0) read = ReadUnread(database, overview);
  if (!read) return tl::unexpected(read.error());
  return overview;
}

Result<std::vector<int64_t>> FindIncidents(Database& database, const IncidentFilter& filter,
                                           bool last) {
  std::vector<int64_t> ids;
  FilteredReader reader(database, filter);
  // An incident without a date may be the newest; it is not known, so a dated one is taken.
  const std::string order = last
                                ? " ORDER BY last_time DESC, last_us DESC, incident_id DESC LIMIT 1"
                                : std::string(kWorstFirst);
  const Status read =
      reader.ForEach("SELECT incident_id FROM incident WHERE ", order,
                     [&](const Statement& row) { ids.push_back(row.GetInteger(0).value_or(0)); });
  if (!read) return tl::unexpected(read.error());
  return ids;
}

}  // namespace kautopsy
