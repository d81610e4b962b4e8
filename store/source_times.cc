#include "store/source_times.h"

#include "store/run_statement.h"
#include "store/time_cell.h"
#include "store/zone_cache.h"

namespace kautopsy {
namespace {

// An update of the row that is read changes none of these columns.
constexpr char kSelectClocks[] =
    "SELECT source_id, first_clock, last_clock, zone FROM source WHERE outdated";
constexpr char kUpdateTimes[] =
    "UPDATE source SET first_time = ?2, last_time = ?3 WHERE source_id = ?1";

// The year of the source's first line, if its text dates that day in full, or the last one's.
Integer TextYear(const LogSpan& span, const std::map<std::pair<int, int>, int>& years) {
  const auto first = years.find({span.first.month, span.first.day});
  if (first != years.end()) return first->second;
  const auto last = years.find({span.newest.month, span.newest.day});
  return last != years.end() ? Integer(last->second - span.newest.new_years) : std::nullopt;
}

}  // namespace

SourceTimes TimesOf(const SourceSummary& summary) {
  SourceTimes times;
  if (summary.zone) times.zone = summary.zone->name();
  if (summary.crash_time) times.crash_time = Iso8601Utc(FromUnixSeconds(*summary.crash_time));
  if (!summary.span) return times;
  const LogSpan& span = *summary.span;
  const auto utc = [&](const PrintedTime& time) {
    return TimeCell(summary.zone ? summary.zone->ToUtc(time) : time);
  };
  times.first = utc(span.first);
  times.last = utc(span.newest);
  times.first_clock = ClockCell(span.first);
  times.last_clock = ClockCell(span.newest);
  if (span.first.year) return times;
  times.new_years = span.newest.new_years;
  times.text_year = TextYear(span, summary.years);
  return times;
}

Status RedateSourceTimes(Database& database) {
  Result<Statement> row = database.Prepare(kSelectClocks);
  if (!row) return tl::unexpected(row.error());
  Result<Statement> update = database.Prepare(kUpdateTimes);
  if (!update) return tl::unexpected(update.error());
  ZoneCache zones;
  const auto utc = [&](int column) -> Text {
    const std::optional<PrintedTime> clock = ReadTimeCell(row->ViewText(column));
    return clock ? TimeCell(zones.ToUtc(*clock, row->GetText(3))) : row->GetText(column);
  };
  Result<bool> step = row->Step();
  for (; step && *step; step = row->Step()) {
    if (Status done = Run(*update, row->GetInteger(0), utc(1), utc(2)); !done) return done;
  }
  return step ? Status() : tl::unexpected(step.error());
}

}  // namespace kautopsy
