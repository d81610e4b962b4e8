#include "store/undated_events.h"

#include <string_view>
#include <utility>

#include "store/run_statement.h"
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
// For each What.
constexpr const char* kUpdates[] = {
    "UPDATE event SET time = ?1, time_us = ?2, time_quality = ?3 WHERE event_id = ?4",
    "UPDATE boot SET first_time = ?1 WHERE boot_id = ?4",
    "UPDATE boot SET last_time = ?1 WHERE boot_id = ?4"};
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
      {kInsert, &events.insert_},         {kSelect, &events.select_},
      {kUpdates[0], &events.updates_[0]}, {kUpdates[1], &events.updates_[1]},
      {kUpdates[2], &events.updates_[2]}, {kClear, &events.clear_}};
  for (const auto& [sql, target] : statements) {
    Result<Statement> statement = database.Prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    *target = std::move(*statement);
  }
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

Status UndatedEvents::Date(const SourceSummary& summary) {
  Result<bool> row = select_.Step();
  for (; row && *row; row = select_.Step()) {
    PrintedTime time = ReadTime(select_);
    const auto day = summary.years.find({time.month, time.day});
    if (day != summary.years.end())
      time.year = day->second;
    else if (summary.first_year)
      time.year = *summary.first_year + time.new_years;
    if (!MicrosecondsSinceEpoch(time)) continue;
    if (summary.zone) time = summary.zone->ToUtc(time);
    Statement& update = updates_.at(static_cast<std::size_t>(select_.GetInteger(8).value_or(0)));
    update.Bind(0, Iso8601Utc(time));
    update.Bind(1, MicrosecondsSinceEpoch(time));
    update.Bind(2, TimeQuality(time, std::nullopt));
    update.Bind(3, select_.GetInteger(0));
    if (Status status = Run(update); !status) {
      select_.Reset();
      return status;
    }
  }
  select_.Reset();
  return row ? Status() : tl::unexpected(row.error());
}

Status UndatedEvents::Resolve(const SourceSummary& summary) {
  Status dated;
  if (!summary.years.empty() || summary.first_year) dated = Date(summary);
  return dated ? Run(clear_) : dated;
}

}  // namespace kautopsy
