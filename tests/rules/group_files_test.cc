#include <doctest/doctest.h>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

constexpr int64_t kLimitKb = 400 << 10;

// A group of version 1 whose limit copied files fill, nearly all of them dirty.
EventFacts CopyInGroup() {
  EventFacts event = MakeEvent(1, "oom", "Nov 24 10:00:00");
  OomFacts oom;
  oom.constraint_kind = "memcg";
  oom.oom_memcg = "/copies";
  event.oom = oom;
  event.group.counters = {{"memory", kLimitKb, kLimitKb, 12},
                          {"memory_swap", kLimitKb, kLimitKb, 3}};
  event.group.stat_kb = {{"cache", 390000}, {"rss", 700}, {"dirty", 380000}, {"writeback", 4000}};
  return event;
}

TEST_CASE("files that wait to be written fill a group of version 1: a larger limit cures nothing") {
  const Diagnosis diagnosis = Diagnose(On(CopyInGroup(), "4.15.0"));
  CHECK(diagnosis.primary_cause == "memcg_limit");
  const Finding* const stall = FindFinding(diagnosis, "writeback_stall");
  REQUIRE(stall);
  CHECK(stall->role == Role::kContributing);
  CHECK(stall->brief == "98.5 % of its files were still to be written");
  // 400 MiB / 4 and / 8.
  CHECK(Mentions(stall->advice.at(0).act,
                 "vm.dirty_bytes=104857600 vm.dirty_background_bytes=52428800, or control groups"));
  CHECK(FindFinding(diagnosis, "memcg_limit")->advice.empty());
}

TEST_CASE("a group of version 2 names its files by other words") {
  EventFacts event = CopyInGroup();
  event.group.counters = {{"memory", kLimitKb, kLimitKb, 12}, {"swap", 0, 0, 0}};
  event.group.stat_kb = {
      {"file", 390000}, {"anon", 700}, {"file_dirty", 380000}, {"file_writeback", 4000}};
  const std::optional<Finding> stall = RuleWritebackStall(On(event, "5.15.0"));
  REQUIRE(stall);
  CHECK_FALSE(Mentions(stall->advice.at(0).act, "version 2"));
}

TEST_CASE("programs, clean files, tmpfs and missing figures are no wait for the disk") {
  const auto stalls = [](const EventFacts& event) {
    return RuleWritebackStall(On(event, "4.15.0")).has_value();
  };
  EventFacts clean = CopyInGroup();
  clean.group.stat_kb["dirty"] = 200000;
  CHECK_FALSE(stalls(clean));
  CHECK_FALSE(RuleMemcgLimit(On(clean, "4.15.0"))->advice.empty());
  EventFacts programs = CopyInGroup();
  programs.group.stat_kb = {{"cache", 20000}, {"rss", 380000}, {"dirty", 19900}};
  CHECK_FALSE(stalls(programs));
  EventFacts none = CopyInGroup();
  none.group.stat_kb.clear();
  CHECK_FALSE(stalls(none));
  EventFacts unlimited = CopyInGroup();
  unlimited.group.counters.clear();
  CHECK_FALSE(stalls(unlimited));
  EventFacts host = CopyInGroup();
  host.oom->constraint_kind = "none";
  CHECK_FALSE(stalls(host));
}

}  // namespace
}  // namespace kautopsy::test
