#include <doctest/doctest.h>

#include <string>

#include "reports/builder.h"
#include "reports/diagnosis/diagnosis.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

IncidentReport DoNow(const IncidentFacts& facts) {
  const Diagnosis diagnosis = Diagnose(facts);
  const std::vector<Snapshot> snapshots = CollectSnapshots(facts);
  IncidentReport report;
  ReferenceList references(report.references);
  BuildDoNow({facts, diagnosis, snapshots}, references, report);
  return report;
}

// A kill for 16 KiB with plenty free in single pages. Zone DMA is kept back from the request.
EventFacts FragmentedOom() {
  EventFacts event = ExhaustedOom();
  event.oom->order = 2;
  event.oom->gfp_mask = 0xd0;
  event.zones[0].lowmem_reserve_pages = {0, 200000, 200000, 200000};
  event.zones[1] = MakeZone(0, "DMA32", 400800, 8000, {100000, 100, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  event.zones[1].lowmem_reserve_pages = {0, 0, 0, 0};
  event.mem->anon_pages = 100000;
  return event;
}

TEST_CASE("pieces are counted where the request could have got them, not in what is kept back") {
  const IncidentReport report = DoNow(SmallFacts(FragmentedOom()));
  REQUIRE_FALSE(report.do_now.empty());
  CHECK(report.do_now[0].command ==
        "awk '/ DMA32 /{n=0;for(i=7;i<=NF;i++)n+=$i;print $2,n}' /proc/buddyinfo");
  CHECK(report.do_now[1].text == "pieces from 16 KiB per node; go on only where near 0.");
}

TEST_CASE("of several zones each line tells which one it is about") {
  EventFacts event = FragmentedOom();
  event.zones.push_back(event.zones[1]);
  event.zones[2].zone = "Normal";
  const IncidentReport report = DoNow(SmallFacts(event));
  REQUIRE_FALSE(report.do_now.empty());
  CHECK(report.do_now[0].command ==
        "awk '/ (DMA32|Normal) /{n=0;for(i=7;i<=NF;i++)n+=$i;print $2,$4,n}' /proc/buddyinfo");
}

TEST_CASE("where all pieces of the size are for other requests, they are counted by their type") {
  EventFacts event = FragmentedOom();
  event.zones[1] = MakeZone(0, "DMA32", 560800, 8000, {100000, 100, 10000, 0, 0, 0, 0, 0, 0, 0, 0});
  event.zones[1].lowmem_reserve_pages = {0, 0, 0, 0};
  for (FreeCell& cell : event.zones[1].cells) cell.migrate_types = cell.order < 2 ? "UME" : "C";
  event.zones[1].free_cma_kb = 160000;
  IncidentFacts facts = SmallFacts(event);
  facts.kernel_release = "6.6.32";
  facts.events[0].oom->gfp_mask = 0xcc0;
  RunAgain(facts);
  const IncidentReport report = DoNow(facts);
  REQUIRE_FALSE(report.do_now.empty());
  CHECK(report.do_now[0].command.starts_with("awk '/ DMA32, *type *([UM]|Rec)/{gsub(/>/,\"\");"));
  CHECK(
      report.do_now[0].command.ends_with("for(i=9;i<=NF;i++)n+=$i;print $2,$4,$6,n}' "
                                         "/proc/pagetypeinfo"));
}

// The same memory, asked for by a caller that takes small pages instead.
IncidentFacts Refused(const char* symbol) {
  EventFacts event = FragmentedOom();
  event.kind = "alloc_failure";
  event.oom.reset();
  event.kills.clear();
  RefusalFacts refusal;
  refusal.kind = "failure";
  refusal.order = 5;
  refusal.gfp_mask = 0xd0;
  event.refusal = refusal;
  event.frames = {{"__alloc_pages_nodemask", std::nullopt, std::nullopt, true},
                  {symbol, "nfsd", std::nullopt, true}};
  return SmallFacts(event);
}

TEST_CASE("a refusal that did no harm asks nobody to do something now") {
  CHECK_FALSE(DoNow(Refused("radeon_cs_ioctl")).do_now.empty());
  const IncidentFacts harmless = Refused("nfsd_reply_cache_init");
  CHECK(Diagnose(harmless).primary_cause == "fragmentation");
  CHECK(DoNow(harmless).do_now.empty());
  // Another one that did harm is reason enough.
  IncidentFacts both = harmless;
  both.events.push_back(Refused("radeon_cs_ioctl").events[0]);
  both.events[1].id = 2;
  CHECK_FALSE(DoNow(both).do_now.empty());
}

TEST_CASE("what relieves for a while is to be done now, not for good") {
  EventFacts event = SeedRefusal();
  event.refusal->order = 9;
  event.frames = {{"swiotlb_alloc_coherent", std::nullopt, std::nullopt, true},
                  {"capture_open", "capture", std::nullopt, true}};
  const IncidentFacts facts = MakeFacts({event});
  IncidentReport report = DoNow(facts);
  REQUIRE_FALSE(report.do_now.empty());
  CHECK(report.do_now[0].command == "echo 1 >/proc/sys/vm/compact_memory");
  CHECK(report.do_now[0].text.starts_with("then try again"));
  const Diagnosis diagnosis = Diagnose(facts);
  const std::vector<Snapshot> snapshots;
  ReferenceList references(report.references);
  BuildForGood({facts, diagnosis, snapshots}, references, report);
  REQUIRE_FALSE(report.for_good.empty());
  for (const Advice& advice : report.for_good)
    CHECK(advice.act.find("compact_memory") == std::string::npos);
}

}  // namespace
}  // namespace kautopsy::test
