#include "base/time.h"

#include <fmt/core.h>

#include <chrono>

namespace kautopsy {
namespace {

constexpr int64_t kSecondsPerDay = 86400;
constexpr int kLeapYear = 2000;  // stands in for a missing year, so that 29 February exists

std::optional<int64_t> DaysSinceEpoch(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

int64_t SecondOfDay(const PrintedTime& time) {
  return int64_t{time.hour} * 3600 + time.minute * 60 + time.second;
}

}  // namespace

std::optional<int64_t> MicrosecondsSinceEpoch(const PrintedTime& time) {
  if (!time.year) return std::nullopt;
  const std::optional<int64_t> days = DaysSinceEpoch(*time.year, time.month, time.day);
  if (!days) return std::nullopt;
  return (*days * kSecondsPerDay + SecondOfDay(time)) * 1000000 + time.microsecond;
}

int64_t MicrosecondsOfYear(const PrintedTime& time) {
  PrintedTime moment = time;
  moment.year = kLeapYear;
  PrintedTime new_year;
  new_year.year = kLeapYear;
  return MicrosecondsSinceEpoch(moment).value_or(0) - *MicrosecondsSinceEpoch(new_year);
}

std::optional<std::string> Iso8601Utc(const PrintedTime& time) {
  if (!MicrosecondsSinceEpoch(time)) return std::nullopt;
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", *time.year, time.month,
                                 time.day, time.hour, time.minute, time.second);
  if (time.fraction_digits > 0) {
    const std::string micros = fmt::format("{:06}", time.microsecond);
    text += '.';
    text.append(micros, 0, static_cast<std::size_t>(time.fraction_digits));
  }
  return text + "Z";
}

PrintedTime FromUnixSeconds(int64_t seconds) {
  const std::chrono::sys_seconds moment{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(moment - day);
  PrintedTime time;
  time.year = static_cast<int>(date.year());
  time.month = static_cast<int>(static_cast<unsigned>(date.month()));
  time.day = static_cast<int>(static_cast<unsigned>(date.day()));
  time.hour = static_cast<int>(clock.hours().count());
  time.minute = static_cast<int>(clock.minutes().count());
  time.second = static_cast<int>(clock.seconds().count());
  time.year_printed = true;
  time.utc = true;
  return time;
}

std::optional<PrintedTime> FromUnixMicroseconds(int64_t microseconds) {
  constexpr int64_t kPerSecond = 1000000;
  constexpr int64_t kYear10000 = 253402300800;  // in seconds
  if (microseconds < 0 || microseconds >= kYear10000 * kPerSecond) return std::nullopt;
  PrintedTime time = FromUnixSeconds(microseconds / kPerSecond);
  time.microsecond = microseconds % kPerSecond;
  time.fraction_digits = 6;
  return time;
}

PrintedTime InUtc(const PrintedTime& time, std::chrono::minutes ahead) {
  const std::optional<int64_t> micros = MicrosecondsSinceEpoch(time);
  if (!micros) return time;
  const int64_t seconds = *micros / 1000000 - std::chrono::seconds(ahead).count();
  PrintedTime utc = FromUnixSeconds(seconds);
  utc.microsecond = time.microsecond;
  utc.fraction_digits = time.fraction_digits;
  return utc;
}

int64_t SecondsBetween(const PrintedTime& from, const PrintedTime& to) {
  if (from.day == to.day && from.month == to.month && from.year == to.year) {
    return SecondOfDay(to) - SecondOfDay(from);
  }
  const int from_year = from.year.value_or(to.year.value_or(kLeapYear));
  const int to_year = to.year.value_or(from.year.value_or(kLeapYear));
  const int64_t from_days = DaysSinceEpoch(from_year, from.month, from.day).value_or(0);
  const int64_t to_days = DaysSinceEpoch(to_year, to.month, to.day).value_or(0);
  int64_t seconds = (to_days - from_days) * kSecondsPerDay + SecondOfDay(to) - SecondOfDay(from);
  if (from.year && to.year) return seconds;
  constexpr int64_t kYear = 366 * kSecondsPerDay;
  if (seconds > kYear / 2) seconds -= kYear;
  if (seconds < -kYear / 2) seconds += kYear;
  return seconds;
}

std::string_view DateWords(std::string_view local_time) {
  constexpr std::size_t kHour = 2;  // digits
  const std::size_t colon = local_time.find(':');
  return colon == std::string_view::npos || colon < kHour ? std::string_view()
                                                          : local_time.substr(0, colon - kHour);
}

}  // namespace kautopsy
