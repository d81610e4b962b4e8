#include <doctest/doctest.h>

#include "reports/diagnosis/checks.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshot_series.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

EventFacts Buddyinfo(int64_t line, int64_t dma_pieces, const std::vector<int64_t>& normal) {
  EventFacts event = MakeEvent(line, "buddyinfo");
  event.zones = {MakeZone(0, "DMA", 0, 0, {dma_pieces, 1, 2, 2, 2, 1, 0, 0, 1, 1, 3}),
                 MakeZone(0, "Normal", 0, 0, normal)};
  for (ZoneFacts& zone : event.zones) {
    zone.free_kb = zone.min_kb = zone.low_kb = zone.high_kb = zone.free_list_kb = std::nullopt;
  }
  return event;
}

EventFacts Command(int64_t line, std::string text) {
  EventFacts event = MakeEvent(line, "command");
  event.command = std::move(text);
  return event;
}

EventFacts Meminfo(int64_t line, double total_kb) {
  EventFacts event = MakeEvent(line, "meminfo");
  event.values = {{"MemTotal", {total_kb, "kB"}},
                  {"MemFree", {9720268, "kB"}},
                  {"Buffers", {53354000, "kB"}},
                  {"Cached", {22196, "kB"}},
                  {"AnonPages", {319438656, "kB"}}};
  return event;
}

TEST_CASE("outputs on one line are one snapshot, with the figures of both") {
  EventFacts meminfo = Meminfo(49, 396867932);
  const IncidentFacts facts =
      MakeFacts({SeedMemInfo(), Buddyinfo(49, 2, {4374385, 85408}), meminfo});
  const std::vector<Snapshot> snapshots = CollectSnapshots(facts);
  REQUIRE(snapshots.size() == 2);
  CHECK(snapshots[0].cache_kb == 1836);
  CHECK(snapshots[1].machine == Machine::kHost);
  CHECK(snapshots[1].free_kb == 9720268);
  CHECK(snapshots[1].cache_kb == 53376196);
  CHECK(SnapshotLabel(snapshots[1]) == "buddyinfo, meminfo");
  CHECK(PiecesFrom(snapshots[1], 4, std::nullopt) == 0);
  CHECK(TightestMeminfo(snapshots) == &snapshots[1]);
}

TEST_CASE("shared memory and tmpfs are no file cache, as only swap takes them") {
  EventFacts report = SeedMemInfo();
  report.mem->pagecache_pages = 1607717;
  report.mem->swap_cache_pages = 1000;
  report.mem->shmem_pages = 1471859;
  report.mem->file_pages = 60712;
  const auto cache_kb = [](const EventFacts& event) {
    const IncidentFacts facts = MakeFacts({event});
    return CollectSnapshots(facts).at(0).cache_kb;
  };
  CHECK(cache_kb(report) == (1607717 - 1000 - 1471859) * 4);
  report.mem->shmem_pages.reset();  // kernels that do not print it
  CHECK(cache_kb(report) == 60712 * 4);
  EventFacts meminfo = Meminfo(80, 396867932);
  const Integer whole_kb = cache_kb(meminfo);
  meminfo.values["Shmem"] = {20000, "kB"};
  CHECK(cache_kb(meminfo) == *whole_kb - 20000);
}

TEST_CASE("another machine is known by its zone DMA or its MemTotal") {
  const IncidentFacts facts =
      MakeFacts({SeedMemInfo(), Buddyinfo(60, 7, {100, 0}), Meminfo(80, 8000000)});
  const std::vector<Snapshot> snapshots = CollectSnapshots(facts);
  REQUIRE(snapshots.size() == 3);
  CHECK(snapshots[1].machine == Machine::kOther);
  CHECK(snapshots[2].machine == Machine::kOther);
}

TEST_CASE("a command acts on the output right after it, not on one far below") {
  const IncidentFacts facts = MakeFacts(
      {SeedMemInfo(), Command(45, "echo 3 > /proc/sys/vm/drop_caches"),
       Command(45, "echo 1 >/proc/sys/vm/compact_memory"), Buddyinfo(47, 2, {100, 0, 0, 0, 50}),
       Buddyinfo(49, 2, {100, 0, 0, 0, 0}), Command(60, "echo 1 >/proc/sys/vm/compact_memory"),
       Buddyinfo(66, 2, {100, 0, 0, 0, 9})});
  const std::vector<Snapshot> snapshots = CollectSnapshots(facts);
  REQUIRE(snapshots.size() == 4);
  CHECK(SnapshotLabel(snapshots[1]) == "after drop and compact");
  CHECK(SnapshotLabel(snapshots[2]) == "buddyinfo");
  CHECK(SnapshotLabel(snapshots[3]) == "buddyinfo");
  const std::optional<AfterCompaction> after = FindAfterCompaction(snapshots, 4);
  REQUIRE(after);
  CHECK(after->pieces == 50);
  CHECK(after->later_pieces == 0);
}

TEST_CASE("compaction between two snapshots of one machine is shown with both figures") {
  const IncidentFacts facts =
      MakeFacts({SeedMemInfo(), Buddyinfo(66, 7, {420283, 217678, 3852, 3, 1}),
                 Command(69, "echo 1 >/proc/sys/vm/compact_memory"),
                 Buddyinfo(69, 7, {83764, 22474, 8597, 3130, 1971})});
  const std::optional<Finding> finding = RuleCompaction(facts);
  REQUIRE(finding);
  CHECK(finding->explanation.find("Another machine in the text") != std::string::npos);
  CHECK(finding->explanation.find("from 1 to 1,971") != std::string::npos);
  CHECK_FALSE(RuleCompaction(MakeFacts({SeedMemInfo()})));
}

TEST_CASE("the sums of the seed agree, and a wrong one is flagged with both values") {
  IncidentFacts facts = SeedFacts();
  for (const SelfCheck& check : RunSelfChecks(facts)) CHECK_MESSAGE(check.ok, check.text);
  facts.events[1].zones[2].cells[0].count = 7;
  const std::optional<Finding> finding = RuleSelfVerification(facts);
  REQUIRE(finding);
  CHECK(finding->severity == Severity::kMinor);
  CHECK(finding->explanation.find("DIFFERS: printed totals of 3 of 4 free lists") !=
        std::string::npos);
  CHECK(finding->explanation.find("6592104 kB printed, 28 kB added up") != std::string::npos);
}

TEST_CASE("a kill line that contradicts the table is flagged") {
  EventFacts event = SeedKill();
  event.kills[0].anon_rss_kb = 4000;
  const std::vector<SelfCheck> checks = RunSelfChecks(MakeFacts({event}));
  REQUIRE(checks.size() == 1);
  CHECK_FALSE(checks[0].ok);
}

}  // namespace
}  // namespace kautopsy::test
