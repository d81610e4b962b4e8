#include "store/undated_events.h"

#include <string_view>

#include "store/time_quality.h"

namespace kautopsy {
namespace {

constexpr char kCreate[] =
    "CREATE TEMP TABLE IF NOT EXISTS undated (event_id INTEGER PRIMARY KEY, month INTEGER, "
    "day INTEGER, hour INTEGER, minute INTEGER, second INTEGER, microsecond INTEGER, "
    "fraction_digits INTEGER)";
constexpr char kInsert[] = "INSERT INTO temp.undated VALUES (?, ?, ?, ?, ?, ?, ?, ?)";
constexpr char kSelect[] =
    "SELECT event_id, month, day, hour, minute, second, microsecond, fraction_digits "
    "FROM temp.undated WHERE month = ? AND day = ? ORDER BY event_id";
constexpr char kUpdate[] =
    "UPDATE event SET time = ?, time_us = ?, time_quality = ? WHERE event_id = ?";
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
  return time;
}

// Runs a statement that gives no rows.
Status Run(Statement& statement) {
  const Result<bool> done = statement.Step();
  statement.Reset();
  return done ? Status() : tl::unexpected(done.error());
}

}  // namespace

PrintedTime WithYear(PrintedTime time, const YearsOfDays& years) {
  if (time.year) return time;
  const auto found = years.find({time.month, time.day});
  if (found != years.end()) time.year = found->second;
  return time;
}

Result<UndatedEvents> UndatedEvents::Create(Database& database) {
  if (Status status = database.Execute(kCreate); !status) return tl::unexpected(status.error());
  UndatedEvents events;
  const std::pair<const char*, Statement*> statements[] = {{kInsert, &events.insert_},
                                                           {kSelect, &events.select_},
                                                           {kUpdate, &events.update_},
                                                           {kClear, &events.clear_}};
  for (const auto& [sql, target] : statements) {
    Result<Statement> statement = database.Prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    *target = std::move(*statement);
  }
  return events;
}

Status UndatedEvents::Add(int64_t event_id, const PrintedTime& time) {
  const int64_t cells[] = {event_id,    time.month,  time.day,         time.hour,
                           time.minute, time.second, time.microsecond, time.fraction_digits};
  int parameter = 0;
  for (const int64_t cell : cells) insert_.Bind(parameter++, cell);
  return Run(insert_);
}

Status UndatedEvents::ResolveDay(const YearsOfDays::value_type& day) {
  select_.Bind(0, day.first.first);
  select_.Bind(1, day.first.second);
  Result<bool> row = select_.Step();
  for (; row && *row; row = select_.Step()) {
    PrintedTime time = ReadTime(select_);
    time.year = day.second;
    update_.Bind(0, Iso8601Utc(time));
    update_.Bind(1, MicrosecondsSinceEpoch(time));
    update_.Bind(2, TimeQuality(time, std::nullopt));
    update_.Bind(3, select_.GetInteger(0));
    if (Status status = Run(update_); !status) {
      select_.Reset();
      return status;
    }
  }
  select_.Reset();
  return row ? Status() : tl::unexpected(row.error());
}

Status UndatedEvents::Resolve(const YearsOfDays& years) {
  for (const auto& day : years) {
    if (Status status = ResolveDay(day); !status) return status;
  }
  return Run(clear_);
}

}  // namespace kautopsy
