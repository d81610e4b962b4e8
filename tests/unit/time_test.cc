#include "base/time.h"
#include "base/time_zone.h"

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

TEST_CASE("A zone's reading becomes UTC, in summer and winter and where the clock is set back") {
  const Result<TimeZone> berlin = TimeZone::Find("Europe/Berlin");
  REQUIRE(berlin);
  const auto utc = [](const TimeZone& zone, const PrintedTime& time) {
    return Iso8601Utc(zone.ToUtc(time)).value_or("none");
  };
  CHECK(utc(*berlin, At(2014, 7, 1, 12)) == "2014-07-01T10:00:00Z");
  CHECK(utc(*berlin, At(2014, 12, 1, 12)) == "2014-12-01T11:00:00Z");
  CHECK(utc(*berlin, At(2014, 10, 26, 2)) == "2014-10-26T00:00:00Z");  // twice that night
  CHECK(utc(*berlin, At(2014, 3, 30, 2)) == "2014-03-30T01:00:00Z");   // never shown
  CHECK(utc(*berlin, At({}, 7, 1)) == "none");
  CHECK(utc(*berlin, At(2014, 2, 29)) == "none");
  const PrintedTime exact = FromUnixSeconds(0);
  CHECK(berlin->ToUtc(exact) == exact);
  for (const auto& [name, expected] :
       {std::pair("+02:00", "2014-07-01T10:00:00Z"), std::pair("-0330", "2014-07-01T15:30:00Z")}) {
    const Result<TimeZone> fixed = TimeZone::Find(name);
    REQUIRE(fixed);
    CHECK(utc(*fixed, At(2014, 7, 1, 12)) == expected);
  }
  for (const char* wrong : {"", "Mars", "+2", "+25:00", "+1:000", "+-1:00", "02:00", "+02:99"}) {
    CAPTURE(wrong);
    CHECK_FALSE(TimeZone::Find(wrong));
  }
}

}  // namespace kautopsy
