#include "base/time.h"

#include <doctest/doctest.h>

namespace kautopsy {
namespace {

constexpr int64_t kDay = 86400;

PrintedTime At(std::optional<int> year, int month, int day, int hour = 0) {
  PrintedTime time;
  time.year = year;
  time.month = month;
  time.day = day;
  time.hour = hour;
  return time;
}

}  // namespace

TEST_CASE("A time without a year is no moment") {
  CHECK_FALSE(MicrosecondsSinceEpoch(At({}, 11, 25)));
  CHECK_FALSE(Iso8601Utc(At({}, 11, 25)));
}

TEST_CASE("A date that the calendar does not have is no moment") {
  CHECK_FALSE(MicrosecondsSinceEpoch(At(2014, 2, 29)));
  CHECK(MicrosecondsSinceEpoch(At(2016, 2, 29)));
}

TEST_CASE("Moments count from the epoch in UTC") {
  CHECK(MicrosecondsSinceEpoch(At(1970, 1, 2)) == kDay * 1000000);
  CHECK(MicrosecondsSinceEpoch(At(2014, 11, 25, 9)) == 1416906000LL * 1000000);
}

TEST_CASE("ISO text keeps as many fractional digits as the log printed") {
  PrintedTime time = At(2014, 11, 25, 9);
  time.minute = 14;
  time.second = 7;
  CHECK(Iso8601Utc(time) == "2014-11-25T09:14:07Z");
  time.microsecond = 1200;
  time.fraction_digits = 3;
  CHECK(Iso8601Utc(time) == "2014-11-25T09:14:07.001Z");
  time.fraction_digits = 6;
  CHECK(Iso8601Utc(time) == "2014-11-25T09:14:07.001200Z");
}

TEST_CASE("Between times with years the calendar decides") {
  CHECK(SecondsBetween(At(2013, 12, 31), At(2014, 1, 1)) == kDay);
  CHECK(SecondsBetween(At(2014, 1, 1), At(2015, 1, 1)) == 365 * kDay);
}

TEST_CASE("Between times without years the shorter way round is taken") {
  CHECK(SecondsBetween(At({}, 10, 27), At({}, 11, 20)) == 24 * kDay);
  CHECK(SecondsBetween(At({}, 11, 20), At({}, 10, 27)) == -24 * kDay);
  CHECK(SecondsBetween(At({}, 12, 31), At({}, 1, 1)) == kDay);
  CHECK(SecondsBetween(At({}, 1, 1), At({}, 12, 31)) == -kDay);
}

}  // namespace kautopsy
