#include "store/time_cell.h"

#include <string>

#include "base/text.h"
#include "parsers/envelope/stamp.h"

namespace kautopsy {
namespace {

// ISO 8601:2000, section 5.2.1.3, writes a date without a year so.
constexpr std::string_view kNoYear = "--";
constexpr int kAnyLeapYear = 2000;
constexpr std::string_view kAnyYearText = "2000-";

}  // namespace

Text TimeCell(const std::optional<PrintedTime>& time) {
  if (!time) return std::nullopt;
  if (Text text = Iso8601Utc(*time)) return text;
  PrintedTime other = *time;
  other.year = kAnyLeapYear;
  Text text = Iso8601Utc(other);
  if (!text) return std::nullopt;  // 31 February
  text->pop_back();                // Z
  text->replace(0, kAnyYearText.size(), kNoYear);
  return text;
}

Text ClockCell(const std::optional<PrintedTime>& time) {
  Text cell = TimeCell(time);
  if (cell && cell->ends_with('Z') && !time->utc) cell->pop_back();
  return cell;
}

std::optional<PrintedTime> ReadTimeCell(std::string_view cell) {
  const bool has_year = !ConsumePrefix(cell, kNoYear);
  const std::string text = has_year ? std::string(cell) : std::string(kAnyYearText).append(cell);
  const std::optional<Stamp> stamp = ParseStamp(text);
  if (!stamp) return std::nullopt;
  PrintedTime time = stamp->Time();
  if (has_year) return time;
  time.year.reset();
  time.year_printed = false;
  return time;
}

}  // namespace kautopsy
