#include "store/undated_events.h"

#include <string_view>
#include <utility>

#include "store/run_statement.h"
#include "store/time_cell.h"
#include "store/time_quality.h"

namespace kautopsy {
namespace {

constexpr char kCreate[] =
    "CREATE TEMP TABLE IF NOT EXISTS undated (id INTEGER, month INTEGER, day INTEGER, "
    "hour INTEGER, minute INTEGER, second INTEGER, microsecond INTEGER, fraction_digits INTEGER, "
    "what INTEGER, new_years INTEGER)";
constexpr char kInsert[] = "INSERT INTO temp.undated VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kSelect[] =
    "SELECT id, month, day, hour, minute, second, microsecond, fraction_digits, what, "
    "new_years FROM temp.undated ORDER BY what, id";
// For each What: of the source, and of all sources. The last parameter is the id.
constexpr const char* kUpdates[][2] = {
    {"UPDATE event_source SET year = ?5 WHERE event_id = ?7 AND source_id = ?3",
     "UPDATE event SET time = ?4, time_us = ?1, time_quality = ?2 WHERE event_id = ?7 "
     "AND time_us IS NULL"},
    {"UPDATE boot_source SET first_time = ?6, first_new_years = NULL "
     "WHERE boot_id = ?7 AND source_id = ?3",
     "UPDATE boot SET first_time = min(coalesce(first_time, ?4), ?4) WHERE boot_id = ?7"},
    {"UPDATE boot_source SET last_time = ?6, last_new_years = NULL "
     "WHERE boot_id = ?7 AND source_id = ?3",
     "UPDATE boot SET last_time = max(coalesce(last_time, ?4), ?4) WHERE boot_id = ?7"}};
// Of an event that was known before.
constexpr char kOutdate[] =
    "UPDATE incident SET outdated = 1 WHERE incident_id = "
    "(SELECT incident_id FROM event WHERE event_id = ?)";
constexpr char kClear[] = "DELETE FROM temp.undated";

PrintedTime ReadTime(const Statement& row) {
  const auto number = [&row](int column) { return row.GetInteger(column).value_or(0); };
  PrintedTime time;
  time.month = static_cast<int>(number(1));
  time.day = static_cast<int>(number(2));
  time.hour = static_cast<int>(number(3));
  time.minute = static_cast<int>(number(4));
  time.second = static_cast<int>(number(5));
  time.microsecond = number(6);
  time.fraction_digits = static_cast<int>(number(7));
  time.new_years = static_cast<int>(number(9));
  return time;
}

}  // namespace

Result<UndatedEvents> UndatedEvents::Create(Database& database) {
  if (Status status = database.Execute(kCreate); !status) return tl::unexpected(status.error());
  UndatedEvents events;
  const std::pair<const char*, Statement*> statements[] = {
      {kInsert, &events.insert_},
      {kSelect, &events.select_},
      {kClear, &events.clear_},
      {kOutdate, &events.outdate_},
      {kUpdates[0][0], &events.updates_[0][0]},
      {kUpdates[0][1], &events.updates_[0][1]},
      {kUpdates[1][0], &events.updates_[1][0]},
      {kUpdates[1][1], &events.updates_[1][1]},
      {kUpdates[2][0], &events.updates_[2][0]},
      {kUpdates[2][1], &events.updates_[2][1]}};
  if (Status ready = PrepareAll(database, statements); !ready) return tl::unexpected(ready.error());
  return events;
}

Status UndatedEvents::Add(int64_t event_id, const PrintedTime& time) {
  return Add(What::kEvent, event_id, time);
}

Status UndatedEvents::AddBoot(int64_t boot_id, const std::optional<PrintedTime>& first_time,
                              const std::optional<PrintedTime>& last_time) {
  Status status;
  if (first_time && !first_time->year) status = Add(What::kBootFirst, boot_id, *first_time);
  if (status && last_time && !last_time->year) status = Add(What::kBootLast, boot_id, *last_time);
  return status;
}

Status UndatedEvents::Add(What what, int64_t id, const PrintedTime& time) {
  const int64_t cells[] = {id,
                           time.month,
                           time.day,
                           time.hour,
                           time.minute,
                           time.second,
                           time.microsecond,
                           time.fraction_digits,
                           static_cast<int64_t>(what),
                           time.new_years};
  int parameter = 0;
  for (const int64_t cell : cells) insert_.Bind(parameter++, cell);
  return Run(insert_);
}

Status UndatedEvents::Date(int64_t source_id, const SourceSummary& summary) {
  Result<bool> row = select_.Step();
  for (; row && *row; row = select_.Step()) {
    PrintedTime time = ReadTime(select_);
    const auto day = summary.years.find({time.month, time.day});
    if (day == summary.years.end()) continue;
    time.year = day->second;
    if (!MicrosecondsSinceEpoch(time)) continue;
    const auto what = static_cast<What>(select_.GetInteger(8).value_or(0));
    if (Status status = Update(what, source_id, time, summary); !status) {
      select_.Reset();
      return status;
    }
  }
  select_.Reset();
  return row ? Status() : tl::unexpected(row.error());
}

// Of the thing that select_ stands on.
Status UndatedEvents::Update(What what, int64_t source_id, const PrintedTime& printed,
                             const SourceSummary& summary) {
  const PrintedTime time = summary.zone ? summary.zone->ToUtc(printed) : printed;
  Status status;
  for (Statement& update : updates_.at(static_cast<std::size_t>(what))) {
    if (status)
      status = Run(update, MicrosecondsSinceEpoch(time), TimeQuality(time, std::nullopt), source_id,
                   Iso8601Utc(time), Integer(printed.year), ClockCell(time), select_.GetInteger(0));
  }
  if (status && what == What::kEvent && sqlite3_changes(sqlite3_db_handle(outdate_.handle())) > 0)
    status = Run(outdate_, select_.GetInteger(0));
  return status;
}

Status UndatedEvents::Forget() { return Run(clear_); }

Status UndatedEvents::Resolve(int64_t source_id, const SourceSummary& summary) {
  Status dated;
  if (!summary.years.empty()) dated = Date(source_id, summary);
  return dated ? Forget() : dated;
}

}  // namespace kautopsy
