#include <string>
#include <utility>

#include "base/time.h"
#include "store/boot_clocks.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

// A clock is that of a boot, or, of events without one, that of a dump: minus its source.
constexpr char kFindUndated[] =
    "DROP TABLE IF EXISTS temp.uptime_event;"
    "CREATE TEMP TABLE uptime_event AS SELECT e.event_id, coalesce(e.boot_id, -e.source_id) AS "
    "clock, e.uptime_us, e.time_us, e.incident_id, e.time_from IS NOT NULL AS collected "
    "FROM event AS e JOIN source AS s USING "
    "(source_id) WHERE e.uptime_us IS NOT NULL AND e.local_time IS NULL "
    "AND e.time_quality LIKE 'boot_relative%' "
    "AND (e.boot_id IS NOT NULL OR s.crash_time IS NOT NULL) ORDER BY e.event_id";
// CRASHTIME is the wall clock when VMCOREINFO is completed (kernel/crash_core.c,
// crash_save_vmcoreinfo()), right behind the last line.
constexpr char kFindAnchors[] =
    "DROP TABLE IF EXISTS temp.anchor;"
    "CREATE TEMP TABLE anchor (clock INTEGER, uptime_us INTEGER, time_us INTEGER, quality TEXT);"
    "INSERT INTO temp.anchor SELECT boot_id, uptime_us, time_us, time_quality FROM event "
    "WHERE time_us IS NOT NULL AND uptime_us IS NOT NULL "
    "AND (local_time IS NOT NULL OR time_quality NOT LIKE 'boot_relative%')"
    " AND boot_id IN (SELECT clock FROM temp.uptime_event);"
    "INSERT INTO temp.anchor SELECT DISTINCT coalesce(e.boot_id, -s.source_id), s.last_uptime_us, "
    "unixepoch(s.crash_time) * 1000000, 'exact' FROM source AS s JOIN event_source AS p USING "
    "(source_id) JOIN event AS e USING (event_id) "
    "WHERE s.crash_time IS NOT NULL AND s.last_uptime_us IS NOT NULL;"
    "CREATE INDEX temp.anchor_by_uptime ON anchor (clock, uptime_us, time_us, quality)";
constexpr char kSelect[] =
    "SELECT event_id, clock, uptime_us, time_us, incident_id, collected FROM temp.uptime_event "
    "ORDER BY rowid";
constexpr char kBefore[] =
    "SELECT uptime_us, time_us, quality FROM temp.anchor WHERE clock = ?1 AND uptime_us <= ?2 "
    "ORDER BY uptime_us DESC, time_us, quality LIMIT 1";
constexpr char kBehind[] =
    "SELECT uptime_us, time_us, quality FROM temp.anchor WHERE clock = ?1 AND uptime_us > ?2 "
    "ORDER BY uptime_us, time_us, quality LIMIT 1";
constexpr char kUpdate[] =
    "UPDATE event SET time = ?2, time_us = ?3, time_quality = ?4, time_from = NULL "
    "WHERE event_id = ?1";
constexpr char kOutdate[] = "UPDATE incident SET outdated = 1 WHERE incident_id = ?1";
// Of boots whose own lines have no time.
constexpr char kDateBoots[] =
    "UPDATE boot SET first_time = e.first, last_time = e.last FROM (SELECT boot_id, min(time) AS "
    "first, max(time) AS last FROM event WHERE boot_id IN (SELECT clock FROM temp.uptime_event) "
    "GROUP BY boot_id) AS e WHERE boot.boot_id = e.boot_id AND NOT EXISTS (SELECT 1 FROM "
    "boot_source AS p WHERE p.boot_id = boot.boot_id AND p.first_time IS NOT NULL)";
constexpr char kDrop[] = "DROP TABLE temp.uptime_event; DROP TABLE temp.anchor";

struct Anchor {
  int64_t uptime_us = 0;
  int64_t time_us = 0;
  std::string quality;
};

class UptimeDater {
 public:
  explicit UptimeDater(Database& database) : database_(database) {}

  Status Run() {
    const std::pair<const char*, Statement*> statements[] = {{kSelect, &select_},
                                                             {kBefore, &before_},
                                                             {kBehind, &behind_},
                                                             {kUpdate, &update_},
                                                             {kOutdate, &outdate_}};
    if (Status ready = PrepareAll(database_, statements); !ready)
      return tl::unexpected(ready.error());
    return ForEachRow(select_, [&](const Statement&) { return Date(); });
  }

 private:
  // The event that select_ stands on.
  Status Date() {
    const int64_t uptime_us = select_.GetInteger(2).value_or(0);
    const Result<std::optional<Anchor>> before = Find(before_);
    if (!before) return tl::unexpected(before.error());
    const Result<std::optional<Anchor>> behind = Find(behind_);
    if (!behind) return tl::unexpected(behind.error());
    const bool next_is_nearer = *behind && (!*before || (*behind)->uptime_us - uptime_us <
                                                            uptime_us - (*before)->uptime_us);
    const std::optional<Anchor>& anchor = next_is_nearer ? *behind : *before;
    std::optional<PrintedTime> time;
    if (anchor) time = FromUnixMicroseconds(anchor->time_us - anchor->uptime_us + uptime_us);
    return Write(time, anchor);
  }

  Result<std::optional<Anchor>> Find(Statement& statement) {
    statement.Bind(0, select_.GetInteger(1));
    statement.Bind(1, select_.GetInteger(2));
    const Result<bool> row = statement.Step();
    std::optional<Anchor> anchor;
    if (row && *row) {
      anchor = Anchor{statement.GetInteger(0).value_or(0), statement.GetInteger(1).value_or(0),
                      std::string(statement.ViewText(2))};
    }
    statement.Reset();
    if (!row) return tl::unexpected(row.error());
    return anchor;
  }

  Status Write(const std::optional<PrintedTime>& time, const std::optional<Anchor>& anchor) {
    if (!anchor && select_.GetInteger(5) == 1) return {};  // what a folder tells is all there is
    const Integer time_us = time ? MicrosecondsSinceEpoch(*time) : std::nullopt;
    if (time_us == select_.GetInteger(3) && select_.GetInteger(5) == 0) return {};
    std::string quality = "boot_relative";
    if (time_us && anchor->quality.starts_with(quality))
      quality = anchor->quality;
    else if (time_us && anchor->quality != "exact")
      quality += "," + anchor->quality;
    Status done = kautopsy::Run(update_, select_.GetInteger(0),
                                time ? Iso8601Utc(*time) : std::nullopt, time_us, quality);
    if (done && !select_.IsNull(4)) done = kautopsy::Run(outdate_, select_.GetInteger(4));
    return done;
  }

  Database& database_;
  Statement select_;
  Statement before_;
  Statement behind_;
  Statement update_;
  Statement outdate_;
};

Status DateAll(Database& database) {
  if (Status found = database.Execute(kFindUndated); !found) return found;
  const Result<bool> any = HasRow(database, kSelect);
  if (!any) return tl::unexpected(any.error());
  if (!*any) return {};
  return database.Execute(kFindAnchors)
      .and_then([&] { return UptimeDater(database).Run(); })
      .and_then([&] { return database.Execute(kDateBoots); })
      .and_then([&] { return database.Execute(kDrop); });
}

}  // namespace

Status DateByUptime(Database& database) {
  return InTransaction(database, [&] { return DateAll(database); });
}

}  // namespace kautopsy
