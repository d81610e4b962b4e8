#include "store/tree_moments.h"

#include <optional>
#include <utility>

#include "parsers/input/collection_file.h"
#include "store/run_statement.h"
#include "store/time_cell.h"
#include "store/tree_hosts.h"
#include "store/zone_cache.h"

namespace kautopsy {
namespace {

constexpr char kCreate[] =
    "DROP TABLE IF EXISTS temp.source_moment;"
    "CREATE TEMP TABLE source_moment (source_id INTEGER PRIMARY KEY, time_us INTEGER, "
    "quality TEXT, saved INTEGER);"
    "DROP TABLE IF EXISTS temp.event_moment;"
    "CREATE TEMP TABLE event_moment (event_id INTEGER PRIMARY KEY, time_us INTEGER, quality TEXT, "
    "incident_id INTEGER)";
constexpr char kSelectPaths[] =
    "SELECT coalesce(p.absolute, p.path), p.source_id, s.zone, p.path FROM source_path AS p JOIN "
    "source AS s USING (source_id)";
// Of a source at several places the earliest time holds: it was the same already then.
constexpr char kInsertSource[] =
    "INSERT INTO temp.source_moment VALUES (?1, ?2, ?3, ?4) ON CONFLICT (source_id) DO UPDATE SET "
    "time_us = ?2, quality = ?3, saved = ?4 WHERE ?2 < time_us";
constexpr char kAny[] = "SELECT 1 FROM temp.source_moment LIMIT 1";
constexpr char kFindEvents[] =
    "INSERT INTO temp.event_moment SELECT event_id, min(time_us), quality, incident_id FROM ("
    "SELECT e.event_id, iif(m.saved, m.time_us - s.last_uptime_us + e.uptime_us, m.time_us) AS "
    "time_us, m.quality, e.incident_id, e.time_us AS known_us FROM event AS e "
    "JOIN event_source AS p USING (event_id) JOIN temp.source_moment AS m "
    "ON m.source_id = p.source_id JOIN source AS s ON s.source_id = m.source_id "
    "WHERE e.local_time IS NULL AND (e.time_us IS NULL OR e.time_from = 'collected') "
    "AND CASE WHEN m.saved THEN e.uptime_us IS NOT NULL AND s.last_uptime_us IS NOT NULL "
    "AND s.crash_time IS NULL ELSE e.uptime_us IS NULL AND e.kind IN ('meminfo', 'vmstat', "
    "'buddyinfo', 'zoneinfo', 'pagetypeinfo', 'slabinfo', 'free', 'swaps', 'ps', 'sysctl') END) "
    "WHERE known_us IS NULL OR time_us < known_us GROUP BY event_id";
constexpr char kSelectEvents[] =
    "SELECT event_id, time_us, quality, incident_id FROM temp.event_moment ORDER BY event_id";
constexpr char kUpdate[] =
    "UPDATE event SET time = ?2, time_us = ?3, time_quality = ?4, time_from = 'collected' "
    "WHERE event_id = ?1";
constexpr char kOutdate[] = "UPDATE incident SET outdated = 1 WHERE incident_id = ?1";
constexpr char kOutdateHosts[] =
    "UPDATE incident SET outdated = 1 WHERE host IN (SELECT host FROM event WHERE kind = 'sysctl' "
    "AND host IS NOT NULL AND event_id > ?1)";
constexpr char kDrop[] = "DROP TABLE temp.source_moment; DROP TABLE temp.event_moment";

class TreeDater {
 public:
  TreeDater(Database& database, const TreeMoments& moments)
      : database_(database), moments_(moments) {}

  Status Run() {
    return DateSources().and_then([&]() -> Status {
      const Result<bool> row = HasRow(database_, kAny);
      if (!row) return tl::unexpected(row.error());
      return *row ? DateEvents() : Status();
    });
  }

 private:
  Status DateSources() {
    Result<Statement> row = database_.Prepare(kSelectPaths);
    if (!row) return tl::unexpected(row.error());
    Result<Statement> insert = database_.Prepare(kInsertSource);
    if (!insert) return tl::unexpected(insert.error());
    Result<bool> step = row->Step();
    for (; step && *step; step = row->Step()) {
      const std::optional<PrintedTime> crash = TimeOfSavedCrash(row->ViewText(0));
      const std::optional<PrintedTime> found = crash ? crash : TimeOfTree(row->ViewText(3));
      if (!found) continue;
      const PrintedTime time = zones_.ToUtc(*found, row->GetText(2));
      Status done =
          kautopsy::Run(*insert, row->GetInteger(1), MicrosecondsSinceEpoch(time),
                        time.utc ? "boot_relative" : "boot_relative,zone_assumed", crash ? 1 : 0);
      if (!done) return done;
    }
    return step ? Status() : tl::unexpected(step.error());
  }

  std::optional<PrintedTime> TimeOfTree(std::string_view path) const {
    const PrintedTime* const moment = FindTree(moments_, path);
    return moment != nullptr ? std::optional(*moment) : TimeOfTreeName(path);
  }

  Status DateEvents() {
    if (Status found = database_.Execute(kFindEvents); !found) return found;
    Statement select;
    Statement update;
    Statement outdate;
    const std::pair<const char*, Statement*> statements[] = {
        {kSelectEvents, &select}, {kUpdate, &update}, {kOutdate, &outdate}};
    if (Status ready = PrepareAll(database_, statements); !ready) return ready;
    Result<bool> row = select.Step();
    for (; row && *row; row = select.Step()) {
      const std::optional<PrintedTime> time = TimeAt(select.GetInteger(1).value_or(0));
      if (!time) continue;
      Status done = kautopsy::Run(update, select.GetInteger(0), Iso8601Utc(*time),
                                  select.GetInteger(1), select.ViewText(2));
      if (done && !select.IsNull(3)) done = kautopsy::Run(outdate, select.GetInteger(3));
      if (!done) return done;
    }
    return row ? Status() : tl::unexpected(row.error());
  }

  // With digits behind the second only where there are some.
  static std::optional<PrintedTime> TimeAt(int64_t time_us) {
    constexpr int64_t kSecond = 1'000'000;
    if (time_us % kSecond == 0) return FromUnixSeconds(time_us / kSecond);
    return FromUnixMicroseconds(time_us);
  }

  Database& database_;
  const TreeMoments& moments_;
  ZoneCache zones_;
};

Status OutdateHosts(Database& database, int64_t last_event_id) {
  Result<Statement> statement = database.Prepare(kOutdateHosts);
  if (!statement) return tl::unexpected(statement.error());
  return Run(*statement, last_event_id);
}

}  // namespace

Result<TreeMoments> ReadMoments(Database& database) {
  TreeMoments moments;
  Status read =
      ForEachRow(database, "SELECT root, time FROM tree_moment", [&](const Statement& row) {
        const std::optional<PrintedTime> time = ReadTimeCell(row.ViewText(1));
        if (time) moments.emplace(row.ViewText(0), *time);
      });
  if (!read) return tl::unexpected(read.error());
  return moments;
}

Status KeepMoments(Database& database, TreeMoments& moments) {
  return InTransaction(database, [&]() -> Status {
    Result<Statement> insert =
        database.Prepare("INSERT OR REPLACE INTO tree_moment (root, time) VALUES (?1, ?2)");
    if (!insert) return tl::unexpected(insert.error());
    for (const auto& [root, time] : moments) {
      if (Status done = Run(*insert, root, ClockCell(time)); !done) return done;
    }
    return ReadMoments(database).map([&](TreeMoments&& all) { moments.merge(all); });
  });
}

Status DateByTrees(Database& database, const TreeMoments& moments, int64_t last_event_id) {
  return InTransaction(database, [&] {
    return database.Execute(kCreate)
        .and_then([&] { return TreeDater(database, moments).Run(); })
        .and_then([&] { return OutdateHosts(database, last_event_id); })
        .and_then([&] { return database.Execute(kDrop); });
  });
}

}  // namespace kautopsy
