#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/envelope/year_finder.h"

namespace kautopsy {

// What the name of a log's file tells of its place among the files that rotation has made of it.
struct RotatedName {
  enum class Form { kCurrent, kNumber, kDate };

  std::string log;  // path of the log that is written to: "var/log/messages"
  Form form = Form::kCurrent;
  int64_t order = 0;  // rises from the oldest file to the newest, among those of one form
};

// Takes off what rotation adds, as logrotate(8) describes it: a number, the lowest for the newest
// file (messages.1), or a date (dateext: messages-20141123), before a file extension (extension:
// kern.1.log) or behind it; and the ending that packing adds. An address (10.0.0.5) is no number of
// a rotation.
RotatedName ParseRotatedName(std::string_view path);

// One file of a set.
struct SetMember {
  std::string_view path;
  LogSpan span;
  std::optional<int64_t> mtime;           // [s] since the epoch
  std::optional<int> text_year;           // of `span.first`, as dates in the text tell it
  std::optional<int> given_year;          // likewise, as the user says
  std::optional<int64_t> collected = {};  // [s] since the epoch: when its tree was
};

enum class YearFrom { kOption, kName, kText, kMtime, kCollected, kSet };  // best first

struct FoundYear {
  int year = 0;  // of `span.first`
  YearFrom from = YearFrom::kSet;

  auto operator<=>(const FoundYear&) const = default;
};

// The years of the files of one log, the oldest file first; none for files whose lines have them,
// or for which nothing tells it. Behind the user, a file's name or age is asked first
// (year_finder.h). A set is one log in the order of time, so that a file ends where the next one
// begins, but for files that are missing, and for lines that are late: from a file whose year is
// known the years of the others are counted over New Year. Nothing is concluded over a gap of half
// a year, nor where the files before and behind contradict each other.
//
// The age of files that were copied tells nothing. It shows where files were changed in the same
// hour, though their last lines are days apart, where an older file would end behind a newer
// one's beginning, and behind the collection of the tree that they lie in: that is then taken
// instead, as a log that is written to ends there.
std::vector<std::optional<FoundYear>> YearsOfSet(const std::vector<SetMember>& members);

}  // namespace kautopsy
