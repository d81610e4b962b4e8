#include "store/event_completer.h"

#include <fmt/core.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "parsers/envelope/stamp.h"
#include "store/run_statement.h"
#include "store/time_quality.h"

namespace kautopsy {
namespace {

// `local_time` is always the printed form of `time`, by which that is found anew once more is known
// of the clock. Of equally good times it is the finest, then the earliest: the one nearer to the
// kernel's, in whatever order they come.
constexpr char kComplete[] =
    "UPDATE event SET host = coalesce(host, ?2), "
    "time = CASE WHEN o.better THEN ?3 ELSE time END, "
    "time_us = CASE WHEN o.better THEN ?4 ELSE time_us END, "
    "local_time = CASE WHEN o.better THEN ?5 ELSE local_time END, "
    "time_from = CASE WHEN o.better THEN NULL ELSE time_from END, "
    "time_quality = CASE WHEN o.better OR time_quality = 'none' THEN ?6 ELSE time_quality END, "
    "uptime_us = coalesce(uptime_us, ?7), kernel_release = coalesce(kernel_release, ?8) "
    "FROM (SELECT {0} > {1} OR ({0} = {1} AND "
    "(-length(coalesce(?3, ?5)), coalesce(?3, ?5)) < (-length(coalesce(time, local_time)), "
    "coalesce(time, local_time))) AS better FROM event WHERE event_id = ?1) AS o "
    "WHERE event_id = ?1 AND "
    "(o.better OR time_quality = 'none' AND ?6 <> 'none' OR host IS NULL AND ?2 IS NOT NULL OR "
    "uptime_us IS NULL AND ?7 IS NOT NULL OR kernel_release IS NULL AND ?8 IS NOT NULL)";
constexpr char kSelect[] =
    "SELECT host, time, time_us, local_time, time_quality, uptime_us, kernel_release FROM event "
    "WHERE event_id = ?1";
constexpr char kOutdate[] =
    "UPDATE incident SET outdated = 1 WHERE incident_id = "
    "(SELECT incident_id FROM event WHERE event_id = ?1)";

bool IsOfDmesg(const EventCompleter::Known& known) {
  return known.local_time && known.time_us && known.time_quality.starts_with("boot_relative");
}

// `clock`, which lacks a year, in that of `other`, or a neighbour's where New Year is between them.
std::optional<int64_t> InYearOf(PrintedTime clock, const PrintedTime& other) {
  const std::optional<int64_t> at = MicrosecondsSinceEpoch(other);
  std::optional<int64_t> best;
  for (int year = other.year.value_or(0) - 1; at && year <= *other.year + 1; ++year) {
    clock.year = year;
    const std::optional<int64_t> time = MicrosecondsSinceEpoch(clock);
    if (time && (!best || std::llabs(*time - *at) < std::llabs(*best - *at))) best = time;
  }
  return best;
}

// `undated`, whose printed time lacks a year, with the year and the zone of `other`, which dmesg
// tells; none if there is nothing to be dated so. What a daemon printed is better than dmesg's
// time, but the source's end may be needed to know its year.
std::optional<EventCompleter::Known> DatedBy(const EventCompleter::Known& other,
                                             EventCompleter::Known undated) {
  if (undated.time_us || !undated.local_time || !IsOfDmesg(other)) return std::nullopt;
  const std::optional<Stamp> stamp = ParseStamp(*undated.local_time);
  const std::optional<Stamp> of_dmesg = ParseStamp(*other.local_time);
  if (!stamp || !of_dmesg || of_dmesg->ahead) return std::nullopt;
  const std::optional<int64_t> local = InYearOf(stamp->clock, of_dmesg->clock);
  const std::optional<int64_t> at = MicrosecondsSinceEpoch(of_dmesg->clock);
  if (!local || !at) return std::nullopt;
  std::optional<PrintedTime> time = FromUnixMicroseconds(*local + *other.time_us - *at);
  if (!time) return std::nullopt;
  time->fraction_digits = stamp->clock.fraction_digits;
  time->year_printed = false;
  time->utc = other.time_quality == "boot_relative";
  undated.time = Iso8601Utc(*time);
  undated.time_us = MicrosecondsSinceEpoch(*time);
  undated.time_quality = TimeQuality(time, std::nullopt);
  return undated;
}

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
  const bool undated = other.local_time && !other.time_us;
  if (!undated && !IsOfDmesg(other)) return Write(event_id, other);
  const Result<Known> known = Read(event_id);
  if (!known) return tl::unexpected(known.error());
  if (const std::optional<Known> dated = DatedBy(*known, other)) return Write(event_id, *dated);
  Status done;
  if (const std::optional<Known> dated = DatedBy(other, *known)) done = Write(event_id, *dated);
  return done ? Write(event_id, other) : done;
}

Status EventCompleter::Write(int64_t event_id, const Known& other) {
  return Run(complete_, event_id, other.host, other.time, other.time_us, other.local_time,
             other.time_quality, other.uptime_us, other.kernel_release)
      .and_then([&] { return OutdateIfChanged(event_id); });
}

Status EventCompleter::OutdateIfChanged(int64_t event_id) {
  if (sqlite3_changes(sqlite3_db_handle(complete_.handle())) == 0) return {};
  return Run(outdate_, event_id);
}

}  // namespace kautopsy
