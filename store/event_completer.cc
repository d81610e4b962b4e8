#include "store/event_completer.h"

#include <fmt/core.h>

#include <string>
#include <utility>

#include "store/run_statement.h"
#include "store/time_quality.h"

namespace kautopsy {
namespace {

// `local_time` is always the printed form of `time`, by which that is found anew once more is known
// of the clock.
constexpr char kComplete[] =
    "UPDATE event SET host = coalesce(host, ?2), "
    "time = CASE WHEN o.better THEN ?3 ELSE time END, "
    "time_us = CASE WHEN o.better THEN ?4 ELSE time_us END, "
    "local_time = CASE WHEN o.better THEN ?5 ELSE local_time END, "
    "time_from = CASE WHEN o.better THEN NULL ELSE time_from END, "
    "time_quality = CASE WHEN o.better OR time_quality = 'none' THEN ?6 ELSE time_quality END, "
    "uptime_us = coalesce(uptime_us, ?7), kernel_release = coalesce(kernel_release, ?8) "
    "FROM (SELECT {} > {} AS better FROM event WHERE event_id = ?1) AS o WHERE event_id = ?1 AND "
    "(o.better OR time_quality = 'none' AND ?6 <> 'none' OR host IS NULL AND ?2 IS NOT NULL OR "
    "uptime_us IS NULL AND ?7 IS NOT NULL OR kernel_release IS NULL AND ?8 IS NOT NULL)";
constexpr char kSelect[] =
    "SELECT host, time, time_us, local_time, time_quality, uptime_us, kernel_release FROM event "
    "WHERE event_id = ?1";
constexpr char kOutdate[] =
    "UPDATE incident SET outdated = 1 WHERE incident_id = "
    "(SELECT incident_id FROM event WHERE event_id = ?1)";

}  // namespace

Result<EventCompleter> EventCompleter::Create(Database& database) {
  EventCompleter completer;
  const std::pair<std::string, Statement*> statements[] = {
      {fmt::format(kComplete, TimeRankSql("?6", "?4", "?5"),
                   TimeRankSql("time_quality", "time_us", "local_time")),
       &completer.complete_},
      {kSelect, &completer.select_},
      {kOutdate, &completer.outdate_}};
  if (Status ready = PrepareAll(database, statements); !ready) return tl::unexpected(ready.error());
  return completer;
}

Result<EventCompleter::Known> EventCompleter::Read(int64_t event_id) {
  select_.Bind(0, event_id);
  const Result<bool> row = select_.Step();
  Known known;
  if (row && *row)
    known = {select_.GetText(0),
             select_.GetText(1),
             select_.GetInteger(2),
             select_.GetText(3),
             std::string(select_.ViewText(4)),
             select_.GetInteger(5),
             select_.GetText(6)};
  select_.Reset();
  if (!row) return tl::unexpected(row.error());
  return known;
}

Status EventCompleter::Complete(int64_t event_id, const EventRecord& event) {
  const PrintedTime time = event.time.value_or(PrintedTime());
  return Complete(
      event_id, Known{event.host, Iso8601Utc(time), MicrosecondsSinceEpoch(time), event.local_time,
                      std::string(TimeQuality(event.time, event.uptime_us)), event.uptime_us,
                      event.kernel_release});
}

Status EventCompleter::Complete(int64_t event_id, const Known& other) {
  return Run(complete_, event_id, other.host, other.time, other.time_us, other.local_time,
             other.time_quality, other.uptime_us, other.kernel_release)
      .and_then([&] { return OutdateIfChanged(event_id); });
}

Status EventCompleter::OutdateIfChanged(int64_t event_id) {
  if (sqlite3_changes(sqlite3_db_handle(complete_.handle())) == 0) return {};
  return Run(outdate_, event_id);
}

}  // namespace kautopsy
