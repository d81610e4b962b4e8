#include "store/tree_zones.h"

#include <map>
#include <string_view>
#include <utility>

#include "base/time.h"
#include "store/run_statement.h"
#include "store/time_cell.h"
#include "store/tree_hosts.h"

namespace kautopsy {
namespace {

constexpr char kCreate[] =
    "CREATE TEMP TABLE IF NOT EXISTS shifted"
    " (event_id INTEGER PRIMARY KEY, boot_id INTEGER, time TEXT, time_us INTEGER);"
    "CREATE TEMP TABLE IF NOT EXISTS shifted_boot"
    " (boot_id INTEGER PRIMARY KEY, source_id INTEGER, mixed INTEGER);"
    "DELETE FROM temp.shifted; DELETE FROM temp.shifted_boot";
constexpr char kSelectSources[] =
    "SELECT source_id, path FROM source_path ORDER BY source_id, rowid";
constexpr char kSelectEvents[] =
    "SELECT event_id, boot_id, time, source_id FROM event WHERE"
    " time_us IS NOT NULL AND time_quality LIKE '%zone_assumed' ORDER BY event_id";
constexpr char kInsertEvent[] = "INSERT INTO temp.shifted VALUES (?1, ?2, ?3, ?4)";
constexpr char kUpdateEvents[] =
    "UPDATE event SET time = s.time, time_us = s.time_us, time_quality = CASE time_quality"
    " WHEN 'zone_assumed' THEN 'exact' ELSE 'year_inferred' END"
    " FROM temp.shifted AS s WHERE event.event_id = s.event_id";
// Where another source tells the zone, the boot's times are of both kinds.
constexpr char kFindBoots[] =
    "INSERT INTO temp.shifted_boot SELECT boot_id, min(e.source_id), EXISTS (SELECT 1 FROM event"
    " AS o WHERE o.boot_id = s.boot_id AND o.time_us IS NOT NULL"
    " AND o.event_id NOT IN (SELECT event_id FROM temp.shifted))"
    " FROM temp.shifted AS s JOIN event AS e USING (event_id, boot_id)"
    " WHERE s.boot_id IS NOT NULL GROUP BY boot_id";
constexpr char kUpdateMixedBoots[] =
    "UPDATE boot SET first_time = t.first_time, last_time = t.last_time FROM"
    " (SELECT boot_id, min(time) AS first_time, max(time) AS last_time FROM event"
    " WHERE boot_id IN (SELECT boot_id FROM temp.shifted_boot WHERE mixed) GROUP BY boot_id) AS t"
    " WHERE boot.boot_id = t.boot_id";
constexpr char kSelectBoots[] =
    "SELECT boot_id, first_time, last_time, source_id FROM temp.shifted_boot JOIN boot"
    " USING (boot_id) WHERE NOT mixed ORDER BY boot_id";
// What comes later, a year for instance, is read with the zone.
constexpr char kUpdateSource[] =
    "UPDATE source SET zone = ?2 WHERE source_id = ?1 AND zone IS NULL";
constexpr char kUpdateBoot[] = "UPDATE boot SET first_time = ?2, last_time = ?3 WHERE boot_id = ?1";

// A time of the store as the reading of a clock whose zone is to be found.
std::optional<PrintedTime> ReadLocal(std::string_view cell) {
  std::optional<PrintedTime> time = ReadTimeCell(cell);
  if (time) time->utc = false;
  return time;
}

Text InUtc(const Text& local, const TimeZone& zone) {
  const std::optional<PrintedTime> time = local ? ReadLocal(*local) : std::nullopt;
  return time ? Iso8601Utc(zone.ToUtc(*time)) : local;
}

// By source.
using SourceZones = std::map<int64_t, const TimeZone*>;

Result<SourceZones> FindSources(Database& database, const TreeZones& zones) {
  Result<Statement> sources = database.Prepare(kSelectSources);
  if (!sources) return tl::unexpected(sources.error());
  SourceZones found;
  Result<bool> row = sources->Step();
  for (; row && *row; row = sources->Step()) {
    const TimeZone* const zone = FindTree(zones, sources->ViewText(1));
    if (zone != nullptr) found.emplace(sources->GetInteger(0).value_or(0), zone);
  }
  if (!row) return tl::unexpected(row.error());
  return found;
}

Status ShiftEvents(Database& database, const SourceZones& zones) {
  Result<Statement> select = database.Prepare(kSelectEvents);
  if (!select) return tl::unexpected(select.error());
  Result<Statement> insert = database.Prepare(kInsertEvent);
  if (!insert) return tl::unexpected(insert.error());
  Result<bool> row = select->Step();
  for (; row && *row; row = select->Step()) {
    const auto zone = zones.find(select->GetInteger(3).value_or(0));
    const std::optional<PrintedTime> local = ReadLocal(select->ViewText(2));
    if (zone == zones.end() || !local) continue;
    const PrintedTime time = zone->second->ToUtc(*local);
    Status done = Run(*insert, select->GetInteger(0), select->GetInteger(1), Iso8601Utc(time),
                      MicrosecondsSinceEpoch(time));
    if (!done) return done;
  }
  return row ? Status() : tl::unexpected(row.error());
}

Status ShiftBoots(Database& database, const SourceZones& zones) {
  Result<Statement> select = database.Prepare(kSelectBoots);
  if (!select) return tl::unexpected(select.error());
  Result<Statement> update = database.Prepare(kUpdateBoot);
  if (!update) return tl::unexpected(update.error());
  Result<bool> row = select->Step();
  for (; row && *row; row = select->Step()) {
    const auto zone = zones.find(select->GetInteger(3).value_or(0));
    if (zone == zones.end()) continue;
    Status done = Run(*update, select->GetInteger(0), InUtc(select->GetText(1), *zone->second),
                      InUtc(select->GetText(2), *zone->second));
    if (!done) return done;
  }
  return row ? Status() : tl::unexpected(row.error());
}

Status KeepZones(Database& database, const SourceZones& zones) {
  Result<Statement> update = database.Prepare(kUpdateSource);
  if (!update) return tl::unexpected(update.error());
  for (const auto& [source_id, zone] : zones) {
    if (Status done = Run(*update, source_id, zone->name()); !done) return done;
  }
  return {};
}

Status ShiftAll(Database& database, const TreeZones& trees) {
  const Result<SourceZones> zones = FindSources(database, trees);
  if (!zones) return tl::unexpected(zones.error());
  return ShiftEvents(database, *zones)
      .and_then([&] { return database.Execute(kFindBoots); })
      .and_then([&] { return database.Execute(kUpdateEvents); })
      .and_then([&] { return database.Execute(kUpdateMixedBoots); })
      .and_then([&] { return ShiftBoots(database, *zones); })
      .and_then([&] { return KeepZones(database, *zones); });
}

}  // namespace

Status SetZonesOfTrees(Database& database, const TreeZones& zones) {
  if (zones.empty()) return {};
  Status done = database.Execute("BEGIN IMMEDIATE")
                    .and_then([&] { return database.Execute(kCreate); })
                    .and_then([&] { return ShiftAll(database, zones); })
                    .and_then([&] { return database.Execute("COMMIT"); });
  if (!done) database.Rollback();
  return done;
}

}  // namespace kautopsy
