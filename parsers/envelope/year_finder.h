#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace kautopsy {

// From when to when the lines of a source are. Either both times have a year, or neither.
struct LogSpan {
  PrintedTime first;   // of the first line: `new_years` is 0
  PrintedTime newest;  // the latest
};

// Follows the lines of one source whose times lack a year, and counts the New Years that they pass.
// Lines may be out of order by days.
class NewYearCounter {
 public:
  // Sets `time.new_years`, if it has no year. Must be told times in the order of the lines; some
  // are enough, as long as no half year lies between two of them.
  void Count(PrintedTime& time);

  // Of the times that lack a year, or if there are none, of those that have one.
  const std::optional<LogSpan>& span() const { return span_ ? span_ : dated_; }

 private:
  std::optional<LogSpan> span_;
  std::optional<LogSpan> dated_;
};

// The year of `newest`, the latest line of a file, which lacks it: by the date in the file's name
// (messages-20141123), else by when the file was changed last, if it is about when that line was
// written; else none, as for a file that was copied later. `mtime` in seconds since the epoch.
std::optional<int> YearOfNewest(const PrintedTime& newest, std::string_view path,
                                std::optional<int64_t> mtime);

}  // namespace kautopsy
