#include "parsers/envelope/year_finder.h"

#include <re2/re2.h>

#include <string>
#include <tuple>

namespace kautopsy {
namespace {

constexpr int64_t kHour = 3600;
constexpr int64_t kDay = 24 * kHour;
constexpr int64_t kHalfYear = 183 * kDay;
// Local time of the easternmost zone is ahead of mtime by as much.
constexpr int64_t kZoneSlack = 15 * kHour;
// A daemon writes its last line when it changes the file last; the other way round the zone counts,
// and that the file was closed later.
constexpr int64_t kChangedWithin = 2 * kDay;
// logrotate's dateext names the day of rotation; a quiet log's last line may be weeks before it.
constexpr int64_t kRotatedWithin = 40 * kDay;

// From `earlier` to `later`, both without a year, as if both were of one.
int64_t SecondsWithinYear(const PrintedTime& earlier, const PrintedTime& later) {
  return (MicrosecondsOfYear(later) - MicrosecondsOfYear(earlier)) / 1'000'000;
}

auto DateOf(const PrintedTime& time) {
  return std::tuple(time.year, time.month, time.day, time.hour, time.minute, time.second);
}

auto ClockOf(const PrintedTime& time) { return std::tuple(time.hour, time.minute, time.second); }

// The year in which `newest` lies within `reach` before `moment`; none if there is no such.
std::optional<int> YearBefore(const PrintedTime& newest, int64_t moment, int64_t reach) {
  const PrintedTime last = FromUnixSeconds(moment);
  for (const int year : {*last.year + 1, *last.year, *last.year - 1}) {
    PrintedTime time = newest;
    time.year = year;
    const std::optional<int64_t> micros = MicrosecondsSinceEpoch(time);
    if (!micros) continue;
    const int64_t before = moment - *micros / 1'000'000;
    if (before >= -kZoneSlack && before <= reach) return year;
  }
  return std::nullopt;
}

// The end of the day in the name of a rotated file.
std::optional<int64_t> DayInName(std::string_view path) {
  static const RE2 kDate(
      R"([^0-9/](20[0-9]{2}|19[0-9]{2})-?(0[1-9]|1[0-2])-?(0[1-9]|[12][0-9]|3[01])(?:[^0-9/][^/]*)?$)");
  PrintedTime day;
  int year = 0;
  if (!RE2::PartialMatch(path, kDate, &year, &day.month, &day.day)) return std::nullopt;
  day.year = year;
  const std::optional<int64_t> micros = MicrosecondsSinceEpoch(day);
  if (!micros) return std::nullopt;
  return *micros / 1'000'000 + kDay;
}

}  // namespace

void NewYearCounter::Count(PrintedTime& time) {
  std::optional<LogSpan>& span = time.year ? dated_ : span_;
  if (!span) span = LogSpan{time, time};
  PrintedTime& newest = span->newest;
  if (time.year) {
    if (DateOf(time) > DateOf(newest)) newest = time;
    return;
  }
  time.new_years = newest.new_years;
  if (time.month == newest.month && time.day == newest.day) {  // as of most lines
    if (ClockOf(time) > ClockOf(newest)) newest = time;
    return;
  }
  const int64_t ahead = SecondsWithinYear(newest, time);
  if (ahead < -kHalfYear)
    ++time.new_years;
  else if (ahead > kHalfYear)
    --time.new_years;  // of the old year, behind a line of the new one
  if (ahead < -kHalfYear || (ahead > 0 && ahead <= kHalfYear)) newest = time;
}

std::optional<int> YearOfNewest(const PrintedTime& newest, std::string_view path,
                                std::optional<int64_t> mtime) {
  if (const std::optional<int64_t> day = DayInName(path)) {
    if (const std::optional<int> year = YearBefore(newest, *day, kRotatedWithin)) return year;
  }
  return mtime ? YearBefore(newest, *mtime, kChangedWithin) : std::nullopt;
}

}  // namespace kautopsy
