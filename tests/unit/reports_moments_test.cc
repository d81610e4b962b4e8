#include <doctest/doctest.h>

#include <string>

#include "reports/diagnosis/missing.h"
#include "reports/diagnosis/moments.h"
#include "tests/rules/facts_fixture.h"
#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

EventFacts AtUptime(int64_t id, int64_t uptime_us) {
  EventFacts event = id == 1 ? SeedKill() : ExhaustedOom();
  event.id = id;
  event.host.reset();
  event.local_time.reset();
  event.uptime_us = uptime_us;
  return event;
}

bool HasMem(const EventFacts& event) { return event.mem.has_value(); }

TEST_CASE("a moment is named to the second beside another one of the same day") {
  IncidentFacts facts = MakeFacts({AtUptime(1, 121969590000), AtUptime(2, 121971920000)});
  facts.events[0].mem.reset();
  CHECK(DayText(facts.events[0]) == "1 d 9 h after boot");
  CHECK(DayTextBeside(facts, facts.events[0], HasMem) == "121969.590 s after boot");
  CHECK(DayTextBeside(facts, facts.events[1], HasMem) == "1 d 9 h after boot");
  facts.events[0].uptime_us = 500000000;
  CHECK(DayTextBeside(facts, facts.events[0], HasMem) == "500 s after boot");
  facts.events[0].local_time = "Nov  4 10:00:09";
  facts.events[1].local_time = "Nov  4 10:02:00";
  CHECK(DayTextBeside(facts, facts.events[0], HasMem) == "Nov 4 10:00:09");
}

TEST_CASE("what is missing of one moment is not said of another of the same day, which has it") {
  IncidentFacts facts = MakeFacts({AtUptime(1, 121969590000), AtUptime(2, 121971920000)});
  const auto missing = [&] {
    std::string all;
    for (const Missing& one : FindMissing(facts)) all += one.what + "; ";
    return all;
  };
  CHECK(Mentions(missing(), "the memory report of 121969.590 s after boot; "));
  CHECK(Mentions(missing(), "who asked for memory at 121969.590 s after boot; "));
  facts.events[1].mem.reset();
  CHECK(Mentions(missing(), "the memory report of 1 d 9 h after boot; "));
  for (int64_t id = 3; id < 6; ++id) {
    facts.events.push_back(AtUptime(1, 121969590000 + id * 1000000));
    facts.events.back().id = id;
  }
  CHECK(Mentions(missing(), "who asked for memory at several moments; "));
}

TEST_CASE("an overview tells incidents of one host and day apart by their time") {
  Database database = OpenOrFail(Database::OpenTemporary());
  REQUIRE(
      database.Execute("INSERT INTO incident (host, first_time, last_time, severity, primary_cause,"
                       " confidence, headline) VALUES"
                       " ('web1', '2026-01-02T03:00:00Z', '2026-01-02T03:00:05Z', 'minor',"
                       " 'unknown', 'low', 'h'),"
                       " ('web1', '2026-01-02T04:00:00Z', '2026-01-02T04:00:05Z', 'minor',"
                       " 'unknown', 'low', 'h'),"
                       " ('web2', '2026-01-02T05:00:00Z', '2026-01-02T05:00:05Z', 'minor',"
                       " 'unknown', 'low', 'h')"));
  const std::string report = Report(database);
  CHECK(Mentions(report, "Jan 2 03:00:05 web1"));
  CHECK(Mentions(report, "Jan 2 04:00:05 web1"));
  CHECK(Mentions(report, "Jan 2          web2"));
}

}  // namespace
}  // namespace kautopsy::test
