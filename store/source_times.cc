#include "store/source_times.h"

#include "store/time_cell.h"

namespace kautopsy {
namespace {

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
  times.first = TimeCell(span.first);
  times.last = TimeCell(span.newest);
  if (span.first.year) return times;
  times.new_years = span.newest.new_years;
  times.text_year = TextYear(span, summary.years);
  return times;
}

}  // namespace kautopsy
