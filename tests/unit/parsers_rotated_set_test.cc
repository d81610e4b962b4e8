#include <doctest/doctest.h>

#include <string>
#include <tuple>
#include <vector>

#include "parsers/envelope/rotated_set.h"

namespace kautopsy {
namespace {

using Form = RotatedName::Form;

PrintedTime On(int month, int day, int new_years = 0) {
  PrintedTime time;
  time.month = month;
  time.day = day;
  time.hour = 12;
  time.new_years = new_years;
  return time;
}

int64_t Seconds(int year, int month, int day) {
  PrintedTime time = On(month, day);
  time.year = year;
  return *MicrosecondsSinceEpoch(time) / 1'000'000;
}

SetMember File(std::string_view path, PrintedTime first, PrintedTime newest,
               std::optional<int64_t> mtime = {}) {
  return {path, {first, newest}, mtime, {}, {}};
}

// "2013 set, none": the years, from the oldest file on.
std::string Years(const std::vector<SetMember>& members) {
  static const char* const kWords[] = {"option", "name", "text", "mtime", "collected", "set"};
  std::string text;
  for (const std::optional<FoundYear>& found : YearsOfSet(members)) {
    if (!text.empty()) text += ", ";
    text += found ? std::to_string(found->year) + " " + kWords[static_cast<int>(found->from)]
                  : std::string("none");
  }
  return text;
}

TEST_CASE("The year that the user gives goes before a name, and counts on to the neighbours") {
  SetMember given = File("messages-20131231", On(12, 20), On(12, 31));
  given.given_year = 2014;
  const SetMember next = File("messages", On(1, 1), On(1, 7));
  const std::vector<std::optional<FoundYear>> years = YearsOfSet({given, next});
  CHECK(years[0] == FoundYear{2014, YearFrom::kOption});
  CHECK(years[1] == FoundYear{2015, YearFrom::kSet});
}

TEST_CASE("A rotated file's name tells its log and its place in it") {
  const std::vector<std::tuple<const char*, const char*, Form, int64_t>> names = {
      {"var/log/messages", "var/log/messages", Form::kCurrent, 0},
      {"var/log/messages.gz", "var/log/messages", Form::kCurrent, 0},
      {"a.tar/messages.2.gz", "a.tar/messages", Form::kNumber, -2},
      {"kern.log.1", "kern.log", Form::kNumber, -1},
      {"kern.0.log", "kern.log", Form::kNumber, 0},
      {"messages-20141123", "messages", Form::kDate, 20141123'000000},
      {"messages-20141123.xz", "messages", Form::kDate, 20141123'000000},
      {"kern.log-2014-11-23.gz", "kern.log", Form::kDate, 20141123'000000},
      {"kern-20141123-13.log", "kern.log", Form::kDate, 20141123'000013},
      {"hosts/10.0.0.5", "hosts/10.0.0.5", Form::kCurrent, 0},
      {"hosts/10.0.0.5.1", "hosts/10.0.0.5.1", Form::kCurrent, 0},
      {"1.2", "1.2", Form::kCurrent, 0},
      {"messages.20141", "messages.20141", Form::kCurrent, 0},
      {"messages-20141399", "messages-20141399", Form::kCurrent, 0},
      {"/.1", "/.1", Form::kCurrent, 0},
      {"", "", Form::kCurrent, 0}};
  for (const auto& entry : names) {
    CAPTURE(std::get<0>(entry));
    const auto& [path, log, form, order] = entry;
    const RotatedName name = ParseRotatedName(path);
    CHECK(name.log == log);
    CHECK(name.form == form);
    CHECK(name.order == order);
  }
}

TEST_CASE("From one known year those of a set are counted back and on, over New Year") {
  const int64_t now = Seconds(2015, 1, 20);
  CHECK(Years({File("m.4", On(12, 1), On(12, 14)), File("m.3", On(12, 14), On(12, 28)),
               File("m.2", On(12, 28), On(1, 4, 1)), File("m.1", On(1, 4), On(1, 11)),
               File("m", On(1, 11), On(1, 20), now)}) ==
        "2014 set, 2014 set, 2014 set, 2015 set, 2015 mtime");
  CHECK(Years({File("m-20141214", On(12, 1), On(12, 14)),
               File("m-20141228.1", On(12, 14), On(12, 28)), File("x", On(12, 28), On(1, 4, 1))}) ==
        "2014 name, 2014 name, 2014 set");
  CHECK(Years({File("m.1", On(1, 4), On(1, 11)), File("m", On(1, 11), On(1, 20))}) == "none, none");
}

TEST_CASE("A log of a tree ends when that was collected, if its own age is a later one's") {
  const int64_t then = Seconds(2015, 1, 20);
  SetMember log = File("m", On(1, 11), On(1, 20), Seconds(2026, 1, 21));
  CHECK(Years({log}) == "2026 mtime");
  log.collected = then;
  CHECK(Years({log}) == "2015 collected");
  log.mtime = then;
  CHECK(Years({log}) == "2015 mtime");
  log.mtime.reset();
  CHECK(Years({File("m.1", On(12, 28), On(1, 11, 1)), log}) == "2014 set, 2015 collected");
  log.collected = Seconds(2015, 3, 20);  // it was not written to for long
  CHECK(Years({log}) == "none");
}

TEST_CASE("Missing files of a set leave no doubt, unless half a year is missing") {
  const int64_t now = Seconds(2015, 1, 20);
  CHECK(Years({File("m.9", On(9, 1), On(9, 8)), File("m", On(1, 11), On(1, 20), now)}) ==
        "2014 set, 2015 mtime");
  CHECK(Years({File("m.9", On(6, 1), On(6, 8)), File("m", On(1, 11), On(1, 20), now)}) ==
        "none, 2015 mtime");
  CHECK(Years({File("m.9", On(3, 1), On(3, 8)), File("m.8", On(6, 1), On(6, 8)),
               File("m", On(1, 11), On(1, 20), now)}) == "none, none, 2015 mtime");
}

TEST_CASE("Lines that are late at a file's ends do not count as a year") {
  const int64_t now = Seconds(2014, 11, 25);
  CHECK(Years({File("m.1", On(11, 10), On(11, 19)), File("m", On(11, 17), On(11, 25), now)}) ==
        "2014 set, 2014 mtime");
  // Files of different machines that only look like a set overlap by more.
  CHECK(Years({File("m.1", On(10, 1), On(11, 24)), File("m", On(10, 3), On(11, 25), now)}) ==
        "none, 2014 mtime");
}

TEST_CASE("The age of copies is not believed") {
  // All were copied on a day on which the newest log's last line might have been written.
  const int64_t copied = Seconds(2020, 11, 26);
  CHECK(
      Years({File("m.2", On(11, 1), On(11, 9), copied), File("m.1", On(11, 9), On(11, 16), copied),
             File("m", On(11, 16), On(11, 25), copied + 60)}) == "none, none, none");
  CHECK(Years({File("m-20141109", On(11, 1), On(11, 9), copied),
               File("m", On(11, 9), On(11, 25), copied)}) == "2014 name, 2014 set");
  // One was copied alone: it would end behind the next one's beginning.
  CHECK(Years({File("m.1", On(11, 9), On(11, 16), Seconds(2020, 11, 17)),
               File("m", On(11, 16), On(11, 25), Seconds(2014, 11, 25))}) ==
        "2014 set, 2014 mtime");
  // Years later: nothing fits.
  CHECK(Years({File("m.1", On(11, 9), On(11, 16), Seconds(2020, 3, 1)),
               File("m", On(11, 16), On(11, 25), Seconds(2014, 11, 25))}) ==
        "2014 set, 2014 mtime");
}

TEST_CASE("No line is newer than its file's age, unless that is no age at all") {
  const int64_t now = Seconds(2014, 11, 25);
  const SetMember last = File("m", On(11, 16), On(11, 25), now);
  CHECK(Years({File("m.1", On(11, 9), On(11, 16), Seconds(2013, 12, 1)), last}) ==
        "none, 2014 mtime");
  CHECK(Years({File("m.1", On(11, 9), On(11, 16), 0), last}) == "2014 set, 2014 mtime");
  CHECK(Years({File("m.1", On(11, 9), On(11, 16), Seconds(1980, 1, 1)), last}) ==
        "2014 set, 2014 mtime");
}

TEST_CASE("Years in the lines, and dates in the text, tell those of the files beside them") {
  SetMember full = File("m", On(1, 4), On(1, 11));
  full.span.first.year = full.span.newest.year = 2015;
  CHECK(Years({File("m.1", On(12, 20), On(1, 4, 1)), full}) == "2014 set, none");
  SetMember dated = File("m.1", On(12, 20), On(1, 4, 1));
  dated.text_year = 2014;
  CHECK(Years({dated, File("m", On(1, 4), On(1, 11))}) == "2014 text, 2015 set");
  CHECK(Years({dated}) == "none");  // maybe somebody's prose
}

TEST_CASE("Files before and behind that contradict each other leave the year open") {
  SetMember before = File("m.2", On(11, 1), On(11, 9));
  before.span.first.year = before.span.newest.year = 2012;
  SetMember behind = File("m", On(11, 16), On(11, 25));
  behind.span.first.year = behind.span.newest.year = 2014;
  CHECK(Years({before, File("m.1", On(11, 9), On(11, 16)), behind}) == "none, none, none");
}

TEST_CASE("A leap day is dated, if the year has one") {
  const SetMember leap = File("m.1", On(2, 20), On(2, 29));
  CHECK(Years({leap, File("m", On(3, 1), On(3, 9), Seconds(2016, 3, 9))}) ==
        "2016 set, 2016 mtime");
  CHECK(Years({leap, File("m", On(3, 1), On(3, 9), Seconds(2015, 3, 9))}) == "none, 2015 mtime");
}

}  // namespace
}  // namespace kautopsy
