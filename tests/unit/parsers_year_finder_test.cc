#include <doctest/doctest.h>

#include <string>
#include <utility>
#include <vector>

#include "parsers/envelope/year_finder.h"

namespace kautopsy {
namespace {

PrintedTime On(int month, int day, int hour = 12) {
  PrintedTime time;
  time.month = month;
  time.day = day;
  time.hour = hour;
  return time;
}

int64_t Seconds(int year, int month, int day, int hour = 12) {
  PrintedTime time = On(month, day, hour);
  time.year = year;
  return *MicrosecondsSinceEpoch(time) / 1'000'000;
}

TEST_CASE("The year of a file's last line is that of its change, if both are close") {
  const int64_t mtime = Seconds(2014, 11, 25);
  CHECK(YearOfNewest(On(11, 25), "messages", mtime) == 2014);
  CHECK(YearOfNewest(On(11, 24), "messages", mtime) == 2014);
  CHECK(YearOfNewest(On(11, 25, 23), "messages", mtime) == 2014);  // local time, east of UTC
  CHECK_FALSE(YearOfNewest(On(11, 28), "messages", mtime));
  CHECK_FALSE(YearOfNewest(On(10, 27), "messages", mtime));  // copied, or restored
  CHECK_FALSE(YearOfNewest(On(11, 25), "messages", {}));
  CHECK(YearOfNewest(On(12, 31, 23), "messages", Seconds(2015, 1, 1, 1)) == 2014);
  CHECK(YearOfNewest(On(1, 1, 9), "messages", Seconds(2014, 12, 31, 23)) == 2015);
  CHECK(YearOfNewest(On(2, 29), "messages", Seconds(2016, 2, 29)) == 2016);
}

TEST_CASE("The date in a rotated file's name tells the year, whenever it was copied") {
  const int64_t copied = Seconds(2026, 3, 1);
  for (const char* name :
       {"var/log/messages-20141123", "messages-20141123.gz", "kern.log-2014-11-23",
        "messages.20141123.xz", "sos.tar/log/messages-20141123"}) {
    CAPTURE(name);
    CHECK(YearOfNewest(On(11, 22), name, copied) == 2014);
    CHECK(YearOfNewest(On(11, 23), name, copied) == 2014);
    CHECK_FALSE(YearOfNewest(On(11, 26), name, copied));
  }
  CHECK(YearOfNewest(On(12, 30), "messages-20150101", copied) == 2014);
  for (const char* name : {"messages-201411231", "messages", "20141123/messages", "messages.1"}) {
    CAPTURE(name);
    CHECK_FALSE(YearOfNewest(On(11, 22), name, copied));
  }
}

TEST_CASE("New Years are counted, and lines that are late do not count one") {
  NewYearCounter counter;
  struct Step {
    PrintedTime time;
    int new_years;
  };
  const std::vector<Step> steps = {{On(11, 20), 0},     {On(12, 31, 23), 0}, {On(1, 1, 0), 1},
                                   {On(12, 31, 22), 0}, {On(1, 1, 1), 1},    {On(5, 1), 1},
                                   {On(4, 30), 1},      {On(10, 1), 1},      {On(2, 1), 2}};
  for (Step step : steps) {
    counter.Count(step.time);
    CHECK(step.time.new_years == step.new_years);
  }
  REQUIRE(counter.span());
  CHECK(counter.span()->first == On(11, 20));
  CHECK(counter.span()->newest.month == 2);
  CHECK(counter.span()->newest.new_years == 2);
  PrintedTime dated = On(1, 1);
  dated.year = 2020;
  counter.Count(dated);
  CHECK(dated.new_years == 0);
  CHECK(counter.span()->first == On(11, 20));
}

TEST_CASE("Where all times have a year, the span is theirs") {
  NewYearCounter counter;
  CHECK_FALSE(counter.span());
  for (const auto& [year, month] : {std::pair(2014, 12), {2015, 2}, {2014, 11}}) {
    PrintedTime time = On(month, 1);
    time.year = year;
    counter.Count(time);
  }
  CHECK(counter.span()->first.year == 2014);
  CHECK(counter.span()->first.month == 12);
  CHECK(counter.span()->newest.year == 2015);
}

}  // namespace
}  // namespace kautopsy
