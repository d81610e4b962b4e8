#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/store_fixture.h"

// Records of 20 November as several sources tell them, for tests of what is known again.

namespace kautopsy::test {

inline constexpr int64_t kSecond = 1000000;

inline PrintedTime At(int hour, int minute, int second) {
  PrintedTime time = November20();
  time.hour = hour;
  time.minute = minute;
  time.second = second;
  return time;
}

inline EventRecord Kill(const PrintedTime& time, Integer uptime_us = {}) {
  EventRecord event = MakeEvent();
  event.time = time;
  event.uptime_us = uptime_us;
  return event;
}

inline EventRecord JournalKill(PrintedTime time, Integer uptime_us = {}) {
  time.year = 2014;
  time.year_printed = true;
  time.utc = true;
  return Kill(time, uptime_us);
}

inline EventRecord DmesgKill(int64_t uptime_us) {
  EventRecord event = Kill({}, uptime_us);
  event.host.reset();
  event.time.reset();
  event.local_time.reset();
  return event;
}

inline EventRecord Fraction(PrintedTime time) {
  time.microsecond = 700000;
  time.fraction_digits = 6;
  return Kill(time);
}

inline EventRecord Long(const PrintedTime& time) {
  EventRecord event = Kill(time);
  event.log_lines = 20;
  return event;
}

// Stores sources one after the other, each with its events.
class Sources {
 public:
  Sources() : database_(OpenOrFail(Database::OpenTemporary())), sink_(NewSqliteSink(database_)) {}

  SourceCounts Add(std::vector<EventRecord> events) {
    const std::string name = std::to_string(++count_);
    REQUIRE(sink_->BeginSource(name, "file"));
    for (EventRecord& event : events) REQUIRE(sink_->Write(std::move(event)));
    REQUIRE(sink_->WriteBoot(0, MakeBoot()));
    const Result<SourceCounts> counts = sink_->EndSource(MakeSummary(name));
    REQUIRE(counts);
    return *counts;
  }

  template <class... Events>
  SourceCounts Add(EventRecord first, Events... rest) {
    std::vector<EventRecord> events;
    events.push_back(std::move(first));
    (events.push_back(std::move(rest)), ...);
    return Add(std::move(events));
  }

  std::string Show(const std::string& sql) { return Rows(database_, sql); }
  // The sources of each event, as "1 2;".
  std::string Places() {
    return Show(
        "SELECT group_concat(sources, ';') FROM (SELECT group_concat(source_id, ' ') AS "
        "sources FROM event_source GROUP BY event_id ORDER BY event_id)");
  }

 private:
  Database database_;
  std::unique_ptr<EventSink> sink_;
  int count_ = 0;
};

}  // namespace kautopsy::test
