#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace kautopsy {

// A wall clock reading as a log prints it: often without a year, and local time of an unknown zone
// unless `utc` is set.
struct PrintedTime {
  std::optional<int> year;
  int month = 1;  // 1 to 12
  int day = 1;    // 1 to 31
  int hour = 0;
  int minute = 0;
  int second = 0;  // 60 in a leap second
  int64_t microsecond = 0;
  int fraction_digits = 0;    // how many the log printed
  bool year_printed = false;  // `year` stands in the line itself
  bool utc = false;           // the log tells the zone, too: the members are UTC
  bool from_uptime = false;   // counted from the boot on by what printed it (dmesg -T): it drifts
  int new_years = 0;          // without a year: how many New Years its log had passed before

  bool operator==(const PrintedTime&) const = default;
};

// Microseconds since the epoch, the reading taken as UTC; none without a year or for a date that
// does not exist (29 February of a common year).
std::optional<int64_t> MicrosecondsSinceEpoch(const PrintedTime& time);

// Microseconds since the beginning of its year, which is taken for a leap year: for readings that
// may lack a year.
int64_t MicrosecondsOfYear(const PrintedTime& time);

// "2014-11-25T09:14:07Z" with as many fractional digits as the log had; none as above.
std::optional<std::string> Iso8601Utc(const PrintedTime& time);

// `time`, the reading of a clock that is `ahead` of UTC, as UTC; as it is if its date does not
// exist.
PrintedTime InUtc(const PrintedTime& time, std::chrono::minutes ahead);

// The time `seconds` after the epoch.
PrintedTime FromUnixSeconds(int64_t seconds);

// As above, with six digits of fraction; none before 1970 and behind 9999.
std::optional<PrintedTime> FromUnixMicroseconds(int64_t microseconds);

// Seconds from `from` to `to`. Without years the shorter way round the calendar is taken, so that
// New Year's Eve lies one day before New Year.
int64_t SecondsBetween(const PrintedTime& from, const PrintedTime& to);

// What stands before the clock of a printed time: all that a date tells whose words are not known.
std::string_view DateWords(std::string_view local_time);

}  // namespace kautopsy
