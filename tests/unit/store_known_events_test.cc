#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "tests/unit/sources_fixture.h"

namespace kautopsy::test {
namespace {

TEST_CASE("A record that another source tells, too, is one event with two places") {
  const PrintedTime noon = At(12, 0, 0);
  struct Case {
    const char* name;
    EventRecord first;
    EventRecord second;
    bool same;
  };
  std::vector<Case> cases;
  const auto add = [&cases](const char* name, EventRecord first, EventRecord second, bool same) {
    cases.push_back({name, std::move(first), std::move(second), same});
  };
  EventRecord other_host = Kill(noon);
  other_host.host = "db2";
  EventRecord long_name = Kill(noon);
  long_name.host = "db1.example.com";
  EventRecord no_host = Kill(noon);
  no_host.host.reset();
  add("in one second, by clocks with and without a fraction", Kill(noon), Fraction(noon), true);
  add("a second apart, as a storm goes on", Kill(noon), Kill(At(12, 0, 1)), false);
  add("a long record, some seconds apart", Long(noon), Long(At(12, 0, 5)), true);
  add("a minute apart", Kill(noon), Kill(At(12, 1, 0)), false);
  add("another host", Kill(noon), std::move(other_host), false);
  add("with its domain", Kill(noon), std::move(long_name), true);
  add("one line of a host that is not named", Kill(noon), std::move(no_host), false);
  PrintedTime later = noon;
  later.day = 25;
  add("uptimes a second apart", Kill(noon, 90 * kSecond), Kill(At(12, 0, 1), 91 * kSecond), false);
  add("the same uptime of the next boot", Kill(noon, 5 * kSecond), Kill(At(12, 0, 30), 5 * kSecond),
      false);
  add("by uptime", Kill(noon, 90 * kSecond), DmesgKill(90 * kSecond), true);
  add("another uptime", Kill(noon, 90 * kSecond), DmesgKill(95 * kSecond), false);
  add("the same uptime of another day", Kill(noon, 90 * kSecond), JournalKill(later, 90 * kSecond),
      false);
  add("local time and UTC", Kill(At(14, 0, 0)), JournalKill(noon), true);
  add("local time and UTC, no zone of the earth", Kill(At(14, 7, 0)), JournalKill(noon), false);
  EventRecord long_journal = JournalKill(noon);
  long_journal.log_lines = 20;
  add("a long record in local time and UTC, some seconds apart", Long(At(14, 0, 5)),
      std::move(long_journal), true);
  add("a short record in local time and UTC, some seconds apart", Kill(At(14, 0, 5)),
      JournalKill(noon), false);
  for (Case& test : cases) {
    CAPTURE(test.name);
    Sources sources;
    sources.Add(std::move(test.first));
    sources.Add(std::move(test.second));
    CHECK(sources.Places() == (test.same ? "1 2\n" : "1;2\n"));
  }
}

TEST_CASE("Long records of another zone are known, in both orders, once the zone is") {
  for (const bool journal_first : {true, false}) {
    CAPTURE(journal_first);
    std::vector<EventRecord> local;
    std::vector<EventRecord> journal;
    for (const int hour : {12, 13}) {
      const int drift = hour == 12 ? 0 : 5;
      local.push_back(Long(At(hour, 0, 0)));
      local.back().key = std::to_string(hour);
      journal.push_back(JournalKill(At(hour - 2, 0, drift)));
      journal.back().key = std::to_string(hour);
      journal.back().log_lines = 20;
    }
    if (journal_first) local.swap(journal);
    Sources sources;
    sources.Add(std::move(local));
    sources.Add(std::move(journal));
    CHECK(sources.Places() == "1 2;1 2\n");
  }
}

TEST_CASE("Equal records within one source are different events, and matched one to one") {
  Sources sources;
  const PrintedTime noon = At(12, 0, 0);
  CHECK(sources.Add(Kill(noon), Kill(noon), Kill(noon)).new_events == 3);
  const SourceCounts fewer = sources.Add(Kill(noon), Kill(noon));
  CHECK(fewer.known_events == 2);
  const SourceCounts more = sources.Add(Kill(noon), Kill(noon), Kill(noon), Kill(noon));
  CHECK(more.known_events == 3);
  CHECK(more.new_events == 1);
  CHECK(sources.Places() == "1 2 3;1 2 3;1 3;3\n");
}

TEST_CASE("A storm that goes on in the next file loses nothing") {
  const auto storm = [](int from, int to) {
    std::vector<EventRecord> events;
    for (int i = from; i < to; ++i) events.push_back(Kill(At(12, 0, 0), i * kSecond / 10));
    return events;
  };
  Sources sources;
  sources.Add(storm(100, 150));
  CHECK(sources.Add(storm(150, 200)).new_events == 50);
}

TEST_CASE("Sources that have records in common may read clocks a second apart") {
  Sources sources;
  const auto other = [](int second) {
    EventRecord event = Kill(At(12, 0, second));
    event.key = "other";
    event.head_hash = 2;
    return event;
  };
  sources.Add(Kill(At(12, 0, 0)), other(5));
  const SourceCounts counts = sources.Add(Kill(At(12, 0, 0)), other(6));
  CHECK(counts.known_events == 2);
}

TEST_CASE("Whole reports that begin alike within a second are different ones") {
  const auto report = [](const char* key, bool complete) {
    EventRecord event = Long(At(12, 0, 0));
    event.key = key;
    event.complete = complete;
    return event;
  };
  Sources whole;
  whole.Add(report("one", true));
  CHECK(whole.Add(report("two", true)).new_events == 1);
  Sources cut;
  cut.Add(report("one", false));
  CHECK(cut.Add(report("two", true)).known_events == 1);
}

TEST_CASE("Of a storm of equal lines a file that was rotated in its middle adds the rest only") {
  const auto storm = [](int from, int to) {
    std::vector<EventRecord> events;
    for (int i = from; i < to; ++i) {
      for (int same_second = 0; same_second < 3; ++same_second)
        events.push_back(Kill(At(12, i / 60, i % 60)));
    }
    return events;
  };
  Sources sources;
  sources.Add(storm(0, 600));
  const SourceCounts rest = sources.Add(storm(300, 900));
  CHECK(rest.known_events == 900);
  CHECK(rest.new_events == 900);
}

TEST_CASE("What the first source did not tell is filled in by the second") {
  Sources sources;
  sources.Add(DmesgKill(90 * kSecond));
  sources.Add(JournalKill(At(12, 0, 0), 90 * kSecond));
  CHECK(sources.Show("SELECT host, time, time_quality, uptime_us FROM event") ==
        "db1,2014-11-20T12:00:00Z,exact,90000000\n");
}

TEST_CASE("The best time of an event wins in every order, with what was printed for it") {
  const auto with = [](EventRecord event, const char* local_time) {
    event.log_lines = 20;
    event.local_time = local_time != nullptr ? Text(local_time) : std::nullopt;
    return event;
  };
  PrintedTime dmesg_time = At(14, 0, 3);
  dmesg_time.year = 2014;
  dmesg_time.year_printed = true;
  dmesg_time.from_uptime = true;
  for (const bool journal_first : {false, true}) {
    for (const bool dmesg_is_fuller : {false, true}) {
      CAPTURE(journal_first);
      CAPTURE(dmesg_is_fuller);
      EventRecord dmesg = with(Kill(dmesg_time, 90 * kSecond), "Thu Nov 20 14:00:03 2014");
      dmesg.host.reset();
      EventRecord journal = with(JournalKill(At(12, 0, 0), 90 * kSecond), nullptr);
      if (dmesg_is_fuller) journal.key = "cut";
      (dmesg_is_fuller ? dmesg : journal).complete = true;
      Sources sources;
      if (journal_first) std::swap(dmesg, journal);
      sources.Add(std::move(dmesg));
      CHECK(sources.Add(std::move(journal)).known_events == 1);
      CHECK(sources.Show("SELECT host, time, time_quality, local_time IS NULL, uptime_us "
                         "FROM event") == "db1,2014-11-20T12:00:00Z,exact,1,90000000\n");
    }
  }
}

TEST_CASE("A time that was made of an uptime when it was printed is not exact") {
  PrintedTime time = At(12, 0, 0);
  time.year = 2014;
  time.year_printed = true;
  time.from_uptime = true;
  Sources sources;
  sources.Add(Kill(time));
  time.utc = true;
  time.day = 21;
  sources.Add(Kill(time));
  CHECK(sources.Show("SELECT time_quality FROM event") ==
        "\"boot_relative,zone_assumed\"\nboot_relative\n");
}

TEST_CASE("A report of which one source has less is one event, told by the fuller one") {
  const auto report = [](bool whole) {
    EventRecord event = Kill(At(12, 0, 0), 90 * kSecond);
    event.key = whole ? "whole" : "cut";
    event.log_lines = whole ? 20 : 10;
    event.complete = whole;
    event.title = event.key;
    std::vector<KillRow> kills(1);
    kills[0].pid = whole ? 1 : 2;
    event.rows.push_back(std::make_unique<RowsOf<KillRow>>(std::move(kills)));
    return event;
  };
  for (const bool whole_first : {false, true}) {
    CAPTURE(whole_first);
    Sources sources;
    sources.Add(report(whole_first));
    CHECK(sources.Add(report(!whole_first)).known_events == 1);
    CHECK(sources.Show("SELECT event_id, title FROM event") == "1,whole\n");
    CHECK(sources.Show("SELECT event_id, pid FROM oom_kill") == "1,1\n");
    CHECK(sources.Places() == "1 2\n");
    CHECK(sources.Add(report(true)).known_events == 1);
  }
}

TEST_CASE("A banner is known if other records of its boot are") {
  const auto banner = [] {
    EventRecord event = DmesgKill(0);
    event.kind = "boot";
    event.key = "banner";
    event.head_hash = 2;
    return event;
  };
  Sources sources;
  sources.Add(banner(), DmesgKill(90 * kSecond));
  const SourceCounts same = sources.Add(banner(), DmesgKill(90 * kSecond));
  CHECK(same.new_events == 0);
  CHECK(same.known_events == 2);
  const SourceCounts other = sources.Add(banner(), DmesgKill(95 * kSecond));
  CHECK(other.new_events == 2);
  CHECK(sources.Places() == "1 2;1 2;3;3\n");
  EventRecord dated = banner();
  dated.host = "db1";
  dated.time = JournalKill(At(12, 0, 0)).time;
  sources.Add(std::move(dated), DmesgKill(90 * kSecond));
  CHECK(sources.Show("SELECT host, time FROM event WHERE event_id = 1") ==
        "db1,2014-11-20T12:00:00Z\n");
  CHECK(sources.Show("SELECT count(*) FROM event_clock WHERE event_id NOT IN (SELECT event_id FROM "
                     "event)") == "0\n");
}

TEST_CASE("Boots that two sources tell are one") {
  Sources sources;
  EventRecord only_second = Kill(At(13, 0, 0));
  only_second.key = "another";
  only_second.head_hash = 2;
  sources.Add(Kill(At(12, 0, 0)));
  sources.Add(std::move(only_second), Kill(At(12, 0, 0)));
  CHECK(sources.Show("SELECT count(*) FROM boot") == "1\n");
  CHECK(sources.Show("SELECT DISTINCT boot_id FROM event") == "1\n");
}

}  // namespace
}  // namespace kautopsy::test
