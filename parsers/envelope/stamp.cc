#include "parsers/envelope/stamp.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>

#include "base/text.h"

namespace kautopsy {
namespace {

constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
constexpr int kMaxFractionDigits = 6;

std::optional<int> ConsumeMonth(std::string_view& text) {
  if (text.size() < 3) return std::nullopt;
  for (std::size_t i = 0; i < kMonths.size(); i += 3) {
    if (kMonths[i] != text[0] || kMonths[i + 1] != text[1] || kMonths[i + 2] != text[2]) continue;
    text.remove_prefix(3);
    return static_cast<int>(i / 3) + 1;
  }
  return std::nullopt;
}

// A month that is named by its number (glibc, localedata/locales/zh_CN, abmon), in Chinese and
// Japanese "7月", in Korean "7월".
std::optional<int> ConsumeNumberedMonth(std::string_view& text) {
  std::string_view rest = text;
  ConsumePrefix(rest, " ");  // may be padded
  const std::size_t digits = rest.find_first_not_of("0123456789");
  if (digits < 1 || digits > 2) return std::nullopt;
  const std::optional<int64_t> month = ConsumeInteger(rest);
  const bool named = ConsumePrefix(rest, "\xE6\x9C\x88") || ConsumePrefix(rest, "\xEC\x9B\x94");
  if (!named || !month || *month < 1 || *month > 12) return std::nullopt;
  text = rest;
  return static_cast<int>(*month);
}

// Exactly `digits` digits into `number`.
bool ConsumeDigits(std::string_view& text, std::size_t digits, int& number) {
  if (text.size() < digits) return false;
  number = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (!IsDigit(text[i])) return false;
    number = number * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return true;
}

// "12:42:42"
bool ConsumeClock(std::string_view& text, PrintedTime& time) {
  return ConsumeDigits(text, 2, time.hour) && ConsumePrefix(text, ":") &&
         ConsumeDigits(text, 2, time.minute) && ConsumePrefix(text, ":") &&
         ConsumeDigits(text, 2, time.second) && time.hour < 24 && time.minute < 60 &&
         time.second <= 60;
}

// ".123456": what is finer than microseconds is passed over.
void ConsumeFraction(std::string_view& text, PrintedTime& time) {
  if (text.size() < 2 || (text[0] != '.' && text[0] != ',') || !IsDigit(text[1])) return;
  text.remove_prefix(1);
  int64_t scale = 100000;
  for (; !text.empty() && IsDigit(text[0]); text.remove_prefix(1)) {
    time.microsecond += (text[0] - '0') * scale;
    scale /= 10;
    time.fraction_digits = std::min(time.fraction_digits + 1, kMaxFractionDigits);
  }
}

bool ConsumeIsoDate(std::string_view& text, PrintedTime& time) {
  int year = 0;
  if (!ConsumeDigits(text, 4, year) || !ConsumePrefix(text, "-") ||
      !ConsumeDigits(text, 2, time.month) || !ConsumePrefix(text, "-") ||
      !ConsumeDigits(text, 2, time.day))
    return false;
  time.year = year;
  time.year_printed = true;
  return time.month >= 1 && time.month <= 12 && time.day >= 1 && time.day <= 31;
}

// "Z", "+02:00" or "-0530" gives how far the clock is ahead of UTC.
std::optional<std::chrono::minutes> ConsumeZone(std::string_view& text) {
  if (ConsumePrefix(text, "Z")) return std::chrono::minutes(0);
  std::string_view rest = text;
  const bool behind = ConsumePrefix(rest, "-");
  int hours = 0;
  int minutes = 0;
  if ((!behind && !ConsumePrefix(rest, "+")) || !ConsumeDigits(rest, 2, hours)) return std::nullopt;
  ConsumePrefix(rest, ":");
  if (!ConsumeDigits(rest, 2, minutes) || hours > 14 || minutes > 59) return std::nullopt;
  text = rest;
  const std::chrono::minutes ahead = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return behind ? -ahead : ahead;
}

bool ConsumeIso(std::string_view& text, Stamp& stamp) {
  if (!ConsumeIsoDate(text, stamp.clock) || text.empty() || (text[0] != 'T' && text[0] != ' '))
    return false;
  text.remove_prefix(1);
  if (!ConsumeClock(text, stamp.clock)) return false;
  ConsumeFraction(text, stamp.clock);
  stamp.ahead = ConsumeZone(text);
  if (!stamp.ahead && text.starts_with(" UTC ")) {
    text.remove_prefix(4);
    stamp.ahead = std::chrono::minutes(0);
  }
  return true;
}

// Ends a stamp: a blank, or the end of the line, follows it. `text` is set behind it.
std::optional<Stamp> Finish(std::string_view& text, std::string_view rest, Stamp stamp) {
  if (!rest.empty() && rest[0] != ' ') return std::nullopt;
  stamp.text = text.substr(0, text.size() - rest.size());
  ConsumePrefix(rest, " ");
  text = rest;
  return stamp;
}

}  // namespace

bool LooksLikeSyslogStamp(std::string_view text) {
  if (text.size() <= 15) return false;
  const char* p = text.data();
  return p[3] == ' ' && p[6] == ' ' && p[9] == ':' && p[12] == ':' &&
         (p[15] == ' ' || p[15] == '.') && p[0] >= 'A' && p[0] <= 'S' && IsDigit(p[5]) &&
         IsDigit(p[7]) && IsDigit(p[14]);
}

std::optional<Stamp> ConsumeSyslogStamp(std::string_view& text) {
  std::string_view rest = text;
  PrintedTime time;
  const std::optional<int> month = ConsumeMonth(rest);
  if (!month || !ConsumePrefix(rest, " ")) return std::nullopt;
  time.month = *month;
  const bool padded = ConsumePrefix(rest, " ");
  const bool one_digit = padded || (rest.size() > 1 && rest[1] == ' ');  // pasting loses the pad
  if (!ConsumeDigits(rest, one_digit ? 1 : 2, time.day) || time.day < 1 || time.day > 31 ||
      !ConsumePrefix(rest, " ") || !ConsumeClock(rest, time))
    return std::nullopt;
  ConsumeFraction(rest, time);
  return Finish(text, rest, {time, {}, {}});
}

std::optional<Stamp> ConsumeIsoStamp(std::string_view& text) {
  std::string_view rest = text;
  Stamp stamp;
  if (!ConsumeIso(rest, stamp)) return std::nullopt;
  return Finish(text, rest, stamp);
}

std::optional<Stamp> ConsumeBracketedStamp(std::string_view& text) {
  std::string_view rest = text;
  Stamp stamp;
  if (!ConsumePrefix(rest, "[") || !ConsumeIso(rest, stamp)) return std::nullopt;
  stamp.text = text.substr(1, text.size() - rest.size() - 1);
  if (!ConsumePrefix(rest, "] ")) return std::nullopt;
  text = rest;
  return stamp;
}

std::optional<Stamp> ConsumeFullStamp(std::string_view& text) {
  if (text.size() < 4 || text[3] != ' ') return std::nullopt;
  std::string_view rest = text.substr(4);
  PrintedTime time;
  if (!ConsumeIsoDate(rest, time) || !ConsumePrefix(rest, " ") || !ConsumeClock(rest, time) ||
      !ConsumePrefix(rest, " "))
    return std::nullopt;
  const std::size_t zone = std::min(rest.find(' '), rest.size());
  std::optional<std::chrono::minutes> ahead;
  if (rest.substr(0, zone) == "UTC") ahead = std::chrono::minutes(0);
  rest.remove_prefix(zone);
  return Finish(text, rest, {time, ahead, {}});
}

std::optional<Stamp> ConsumeUnixStamp(std::string_view& text) {
  std::string_view rest = text;
  const std::optional<int64_t> seconds = ConsumeInteger(rest);
  constexpr int64_t kFirst = 1000000000;  // 2001; ten digits until 2286
  if (!seconds || *seconds < kFirst || *seconds >= 10 * kFirst || rest.empty() || rest[0] != '.')
    return std::nullopt;
  PrintedTime time = FromUnixSeconds(*seconds);
  ConsumeFraction(rest, time);
  if (time.fraction_digits != kMaxFractionDigits) return std::nullopt;
  return Finish(text, rest, {time, {}, {}});
}

std::optional<Stamp> ConsumeWallStamp(std::string_view& text) {
  std::string_view rest = text;
  const std::size_t weekday = rest.find(' ');
  if (weekday == 0 || weekday > 8) return std::nullopt;
  rest.remove_prefix(weekday + 1);
  std::optional<int> month = ConsumeMonth(rest);
  if (!month) month = ConsumeNumberedMonth(rest);
  PrintedTime time;
  int year = 0;
  if (!month || !ConsumePrefix(rest, " ")) return std::nullopt;
  const bool padded = ConsumePrefix(rest, " ");
  const bool one_digit = padded || (rest.size() > 1 && rest[1] == ' ');
  if (!ConsumeDigits(rest, one_digit ? 1 : 2, time.day) || time.day < 1 || time.day > 31 ||
      !ConsumePrefix(rest, " ") || !ConsumeClock(rest, time) || !ConsumePrefix(rest, " ") ||
      !ConsumeDigits(rest, 4, year))
    return std::nullopt;
  time.month = *month;
  time.year = year;
  time.year_printed = true;
  const Stamp stamp{time, {}, text.substr(0, text.size() - rest.size())};
  text = rest;
  return stamp;
}

std::optional<Stamp> ConsumeLogcatStamp(std::string_view& text) {
  std::string_view rest = text;
  PrintedTime time;
  if (!ConsumeDigits(rest, 2, time.month) || !ConsumePrefix(rest, "-") ||
      !ConsumeDigits(rest, 2, time.day) || !ConsumePrefix(rest, " ") || !ConsumeClock(rest, time))
    return std::nullopt;
  const bool valid = time.month >= 1 && time.month <= 12 && time.day >= 1 && time.day <= 31;
  ConsumeFraction(rest, time);
  if (!valid || time.fraction_digits < 3) return std::nullopt;
  return Finish(text, rest, {time, {}, {}});
}

std::optional<Stamp> ParseStamp(std::string_view text) {
  using Consume = std::optional<Stamp> (*)(std::string_view&);
  static constexpr std::array<Consume, 6> kForms = {ConsumeSyslogStamp, ConsumeIsoStamp,
                                                    ConsumeFullStamp,   ConsumeUnixStamp,
                                                    ConsumeWallStamp,   ConsumeLogcatStamp};
  for (const Consume consume : kForms) {
    std::string_view rest = text;
    std::optional<Stamp> stamp = consume(rest);
    if (stamp && rest.empty()) return stamp;
  }
  return std::nullopt;
}

}  // namespace kautopsy
