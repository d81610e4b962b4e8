#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "base/hash.h"
#include "tests/unit/sources_fixture.h"

namespace kautopsy::test {
namespace {

// A report of 40 lines, some of which a source may lack.
EventRecord Report(const PrintedTime& time, const std::string& victim, int lines = 40) {
  EventRecord event = Kill(time);
  event.complete = true;
  event.subject = victim;
  event.key = victim + " " + std::to_string(lines);
  event.log_lines = lines;
  for (int i = 0; i < lines; ++i)
    event.sketch.Add(QuickHash((i < 20 ? "" : victim) + std::to_string(i)));
  return event;
}

// As dmesg -T prints it, whose clock is some minutes ahead.
EventRecord DmesgReport(const std::string& victim, int minutes) {
  PrintedTime time = At(12, minutes, 0);
  time.year = 2014;
  time.year_printed = true;
  time.from_uptime = true;
  EventRecord event = Report(time, victim);
  event.host.reset();
  event.local_time = "Thu Nov 20 12:0" + std::to_string(minutes) + ":00 2014";
  return event;
}

EventRecord UptimeReport(const std::string& victim) {
  EventRecord event = Report(At(12, 0, 0), victim);
  event.time.reset();
  event.local_time.reset();
  event.host.reset();
  event.uptime_us = 90 * kSecond;
  return event;
}

EventRecord JournalReport(int second, int64_t microsecond = 0) {
  PrintedTime time = *JournalKill(At(12, 0, second)).time;
  time.microsecond = microsecond;
  time.fraction_digits = microsecond == 0 ? 0 : 6;
  EventRecord event = Report(time, "177 java");
  event.local_time.reset();
  return event;
}

TEST_CASE("A whole report of which one source lacks lines is one event, in both orders") {
  const auto cut = [] { return Report(At(12, 0, 0), "177 java", 35); };
  const auto another_state = [] {
    EventRecord event = Report(At(12, 0, 0), "177 java", 20);
    for (int i = 20; i < 35; ++i) event.sketch.Add(QuickHash("now" + std::to_string(i)));
    event.log_lines = 35;
    return event;
  };
  struct Case {
    const char* name;
    std::function<EventRecord()> one;
    std::function<EventRecord()> other;
    bool same;
  };
  const Case cases[] = {
      {"a second apart", cut, [] { return Report(At(12, 0, 1), "177 java"); }, true},
      {"by a clock that drifts", cut, [] { return DmesgReport("177 java", 5); }, true},
      {"without a clock in common", cut, [] { return UptimeReport("177 java"); }, true},
      {"of another victim", cut, [] { return Report(At(12, 0, 0), "178 java"); }, false},
      {"of another victim, by dmesg", cut, [] { return DmesgReport("178 java", 0); }, false},
      {"minutes apart", cut, [] { return Report(At(12, 5, 0), "177 java"); }, false},
      {"of another state of memory", another_state, [] { return Report(At(12, 0, 0), "177 java"); },
       false}};
  for (const Case& test : cases) {
    for (const bool turned : {false, true}) {
      CAPTURE(test.name);
      CAPTURE(turned);
      Sources sources;
      sources.Add(turned ? test.other() : test.one());
      sources.Add(turned ? test.one() : test.other());
      CHECK(sources.Places() == (test.same ? "1 2\n" : "1;2\n"));
    }
  }
}

TEST_CASE("A whole text is known by a clock that drifts, in both orders") {
  for (const bool dmesg_first : {false, true}) {
    CAPTURE(dmesg_first);
    EventRecord messages = Report(At(12, 0, 0), "177 java");
    EventRecord dmesg = DmesgReport("177 java", 1);
    if (dmesg_first) std::swap(messages, dmesg);
    Sources sources;
    sources.Add(std::move(messages));
    CHECK(sources.Add(std::move(dmesg)).known_events == 1);
  }
}

TEST_CASE("Of several copies of a report the fullest is told with the best time, in every order") {
  const std::function<EventRecord()> copies[] = {
      [] { return Report(At(12, 0, 0), "177 java", 35); },
      [] { return DmesgReport("177 java", 4); }, [] { return JournalReport(1); },
      [] { return UptimeReport("177 java"); }};
  std::vector<std::size_t> order = {0, 1, 2, 3};
  do {
    CAPTURE(order);
    Sources sources;
    for (const std::size_t i : order) sources.Add(copies[i]());
    CHECK(sources.Places() == "1 2 3 4\n");
    CHECK(sources.Show("SELECT log_lines, host, time, uptime_us FROM event") ==
          "40,db1,2014-11-20T12:00:01Z,90000000\n");
  } while (std::ranges::next_permutation(order).found);
}

TEST_CASE("Of two copies that lack as much each the same is told, in both orders") {
  for (const bool turned : {false, true}) {
    EventRecord one = Report(At(12, 0, 0), "177 java");
    EventRecord other = Report(At(12, 0, 0), "177 java");
    one.key = "one";
    other.key = "other";
    if (turned) std::swap(one, other);
    Sources sources;
    sources.Add(std::move(one));
    CHECK(sources.Add(std::move(other)).known_events == 1);
    CHECK(sources.Show("SELECT event_key FROM event") == "one\n");
  }
}

TEST_CASE("Reports of one victim that a source has twice are two, and matched one to one") {
  Sources sources;
  sources.Add(Report(At(12, 0, 0), "177 java"), Report(At(12, 0, 2), "177 java"));
  const SourceCounts cut =
      sources.Add(Report(At(12, 0, 0), "177 java", 35), Report(At(12, 0, 2), "177 java", 35));
  CHECK(cut.known_events == 2);
  CHECK(sources.Places() == "1 2;1 2\n");
}

TEST_CASE("A time without its year has it from dmesg, whose clock is worse, in both orders") {
  for (const bool dmesg_first : {true, false}) {
    CAPTURE(dmesg_first);
    EventRecord messages = Report(At(12, 0, 0), "177 java");
    messages.local_time = "Nov 20 12:00:00";
    EventRecord dmesg = DmesgReport("177 java", 1);
    if (dmesg_first) std::swap(messages, dmesg);
    Sources sources;
    sources.Add(std::move(messages));
    sources.Add(std::move(dmesg));
    CHECK(sources.Show("SELECT time, time_quality, local_time FROM event") ==
          "2014-11-20T12:00:00Z,\"year_inferred,zone_assumed\",Nov 20 12:00:00\n");
  }
}

TEST_CASE("Of equally good times the finest wins, then the earliest, in both orders") {
  for (const bool turned : {true, false}) {
    CAPTURE(turned);
    std::vector<EventRecord> events;
    events.push_back(JournalReport(0));
    events.push_back(JournalReport(0, 509378));
    events.push_back(JournalReport(0, 497105));
    if (turned) std::swap(events[0], events[2]);
    Sources sources;
    for (EventRecord& event : events) sources.Add(std::move(event));
    CHECK(sources.Show("SELECT time FROM event") == "2014-11-20T12:00:00.497105Z\n");
  }
}

}  // namespace
}  // namespace kautopsy::test
