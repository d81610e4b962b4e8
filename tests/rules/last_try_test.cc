#include <doctest/doctest.h>

#include <algorithm>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// A page for a program, on a board of one zone whose free memory is mostly CMA: 8,000 pages are
// free, 6,500 of them CMA; min is 2,000 pages, high 3,000.
EventFacts CmaOom(const std::string& names) {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask.reset();
  event.oom->gfp_flags = names;
  event.zones = {MakeZone(0, "DMA32", 32000, 8000, {6000, 1000})};
  event.zones[0].free_cma_kb = 26000;
  event.zones[0].lowmem_reserve_pages = {0, 0, 0};
  for (FreeCell& cell : event.zones[0].cells) cell.migrate_types = "UMC";
  return event;
}

TEST_CASE("memory that only the last try may not have is CMA, not used up") {
  const IncidentFacts facts = On(CmaOom("GFP_HIGHUSER_MOVABLE"), "5.4.60");
  REQUIRE(facts.events[0].rerun->served == true);
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "cma");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  CHECK(Mentions(diagnosis.headline, "31 MiB free in node 0 DMA32, 25 MiB of it set aside"));
  CHECK(Mentions(PrimaryFinding(diagnosis)->explanation,
                 "1,500 (without 6,500 of CMA) <= 3,000 [high]"));
  // 1,501 pages were lacking, and 6,500 are free of the area.
  CHECK(PrimaryFinding(diagnosis)->advice.at(0).act == "cma= at boot smaller by 6 to 25 MiB");
  const Finding* const exhausted = FindFinding(diagnosis, "host_exhausted");
  REQUIRE(exhausted);
  CHECK(exhausted->role == Role::kContributing);
}

TEST_CASE("CMA is not what the last try lacks where that is not sure") {
  EventFacts refused = CmaOom("GFP_HIGHUSER_MOVABLE");
  refused.oom.reset();
  CHECK_FALSE(RuleCma(On(refused, "5.4.60")));
  EventFacts spare = CmaOom("GFP_HIGHUSER_MOVABLE");  // enough beside it
  spare.zones[0].free_cma_kb = 16000;
  CHECK_FALSE(RuleCma(On(spare, "5.4.60")));
  EventFacts used_up = CmaOom("GFP_HIGHUSER_MOVABLE");  // too little even with it
  used_up.zones[0].free_kb = used_up.zones[0].free_list_kb = 10000;
  used_up.zones[0].cells = {{0, 4, 2500, "UMC"}};
  used_up.zones[0].free_cma_kb = 9000;
  CHECK_FALSE(RuleCma(On(used_up, "5.4.60")));
  EventFacts no_marks = CmaOom("GFP_HIGHUSER_MOVABLE");
  no_marks.zones[0].high_kb.reset();
  CHECK_FALSE(RuleCma(On(no_marks, "5.4.60")));
  // A request that may not use it at all is another case, and a sure one.
  EventFacts kernels = CmaOom("GFP_KERNEL");
  kernels.zones[0].min_kb = 8000;
  CHECK(RuleCma(On(kernels, "5.4.60"))->confidence == Confidence::kHigh);
}

// Half of RAM is in no counter; the zone stands between min and high.
EventFacts BetweenMarks() {
  EventFacts event = ExhaustedOom();
  event.zones[1] = MakeZone(0, "DMA32", 9000, 8000, {2000, 50, 10, 5, 3, 1, 1, 0, 0, 0, 0});
  event.zones[1].lowmem_reserve_pages = {0, 0, 0, 0};
  event.mem->anon_pages = 100000;
  return event;
}

TEST_CASE("before a kill, memory is free only above the high mark") {
  CHECK(Diagnose(SmallFacts(BetweenMarks())).primary_cause == "unaccounted");
  EventFacts above = BetweenMarks();
  above.zones[1].high_kb = 8800;
  CHECK_FALSE(RuleHolder(SmallFacts(above)));
  EventFacts unknown = BetweenMarks();
  unknown.zones[1].high_kb.reset();
  CHECK_FALSE(RuleHolder(SmallFacts(unknown)));
}

TEST_CASE("a guest's balloon is asked for first, by its hypervisor's own means") {
  struct Known {
    Text hypervisor;
    std::string_view act;
  };
  const Known cases[] = {{"VMware", "vmware-toolbox-cmd stat balloon"},
                         {"Xen HVM", "xen_memory"},
                         {"Xen PV", "xen_memory"},
                         {"Microsoft Hyper-V", "dynamic memory"},
                         {"KVM", "grep -E 'Zswap"},
                         {std::nullopt, "grep -E 'Zswap"}};
  for (const Known& known : cases) {
    CAPTURE(known.act);
    IncidentFacts facts = SmallFacts(BetweenMarks());
    facts.hypervisor = known.hypervisor;
    CHECK(Mentions(RuleHolder(facts)->advice.at(0).act, known.act));
  }
}

// No piece above order 4, and the header, which names the order, is lost.
EventFacts HeaderlessKill() {
  EventFacts event = ExhaustedOom();
  event.oom->order.reset();
  event.oom->gfp_mask.reset();
  event.zones = {MakeZone(0, "Normal", 36000, 8000, {5000, 1000, 200, 50, 50})};
  event.zones[0].lowmem_reserve_pages = {0, 0};
  return event;
}

TEST_CASE("what was asked for before a kill is assumed no larger than what the kernel kills for") {
  EventFacts event = HeaderlessKill();
  const auto order = [](const EventFacts& of) {
    return SmallFacts(of).events[0].rerun->request.order;
  };
  REQUIRE(SmallFacts(event).events[0].rerun->refused_order == 5);
  CHECK(order(event) == 0);
  EventFacts report = event;  // a look at the memory, without a kill
  report.kind = "mem_info";
  report.oom.reset();
  report.kills.clear();
  CHECK(order(report) == 5);
  event.zones = {MakeZone(0, "Normal", 36000, 8000, {7000, 1000})};
  event.zones[0].lowmem_reserve_pages = {0, 0};
  CHECK(order(event) == 2);
  event.frames = {{"__alloc_pages", std::nullopt, "process", true},
                  {"filemap_fault", std::nullopt, "process", true}};
  CHECK(order(event) == 0);
}

// A report of 3.12 whose zone lines do not count CMA; of 3,000 free pages 400 are wholly CMA.
EventFacts MixedCma(Integer free_cma_pages) {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask = 0xd0;
  event.zones = {MakeZone(std::nullopt, "Normal", 12000, 8000, {1000, 800, 100})};
  event.zones[0].lowmem_reserve_pages = {0, 0};
  event.zones[0].cells[0].migrate_types = "UMR";
  event.zones[0].cells[1].migrate_types = "UMC";
  event.zones[0].cells[2].migrate_types = "C";
  event.mem->free_cma_pages = free_cma_pages;
  return event;
}

TEST_CASE("CMA is what the report counts, not only the pieces that are wholly of it") {
  const auto left_out = [](const EventFacts& event) {
    return On(event, "3.12.0").events[0].rerun->checks[0].cma_pages;
  };
  CHECK(left_out(MixedCma(1500)) == 1500);
  CHECK(left_out(MixedCma(std::nullopt)) == 400);
  CHECK(left_out(MixedCma(2900)) == 2000);  // all that may be of it, by the list
  EventFacts two = MixedCma(1500);          // which of both holds it, is not told
  two.zones.push_back(two.zones[0]);
  two.zones[1].zone = "HighMem";
  CHECK(left_out(two) == 400);
  EventFacts printed = MixedCma(1500);
  printed.zones[0].free_cma_kb = 4800;
  CHECK(left_out(printed) == 1200);
  const std::optional<Finding> finding = RuleCma(On(MixedCma(1800), "3.12.0"));
  REQUIRE(finding);
  CHECK(Mentions(finding->explanation, ", 7,200 kB of it CMA"));
  CHECK(finding->advice.at(0).act == "cma= at boot smaller by up to 7 MiB");
}

// A 32-bit kernel: low memory is below min and holds nothing to reclaim, zone DMA has room.
EventFacts OldLowMemory() {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask.reset();
  event.oom->order.reset();
  event.zones = {MakeZone(std::nullopt, "DMA", 12000, 16, {0, 0, 750}),
                 MakeZone(std::nullopt, "Normal", 700, 900, {75, 50}),
                 MakeZone(std::nullopt, "HighMem", 9000, 500, {2250})};
  for (ZoneFacts& zone : event.zones) zone.lowmem_reserve_pages = {0, 0, 0};
  event.zones[1].all_unreclaimable = true;
  return event;
}

TEST_CASE("before 2.6.11 reclaim kills whatever is free in lower zones") {
  const std::optional<Finding> finding = RuleLowZone(On(OldLowMemory(), "2.6.9"));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(Mentions(finding->explanation, "Kernels before 2.6.11 kill as soon as"));
  CHECK_FALSE(RuleLowZone(On(OldLowMemory(), "2.6.11")));
  // Without a release, zones that keep nothing back tell those kernels.
  CHECK(RuleLowZone(On(OldLowMemory(), "")));
  EventFacts kept = OldLowMemory();
  kept.zones[0].lowmem_reserve_pages = {0, 880, 1100};
  CHECK_FALSE(RuleLowZone(On(kept, "")));
  EventFacts not_told = OldLowMemory();
  for (ZoneFacts& zone : not_told.zones) zone.lowmem_reserve_pages.clear();
  CHECK_FALSE(RuleLowZone(On(not_told, "")));
  EventFacts reclaimable = OldLowMemory();
  reclaimable.zones[1].all_unreclaimable = false;
  CHECK_FALSE(RuleLowZone(On(reclaimable, "2.6.9")));
}

// Zones of 50 GiB, of which 100 MiB are handed to the allocator so far.
EventFacts DeferredInit() {
  EventFacts event = ExhaustedOom();
  event.zones = {MakeZone(0, "DMA", 0, 0)};
  event.zones[0].present_kb = 50 << 20;
  event.zones[0].managed_kb = 100 << 10;
  return event;
}

TEST_CASE("memory that is not set up yet is told from an allocator that is not") {
  const auto title = [](const EventFacts& event, const char* release) {
    return RuleEarlyBoot(On(event, release))->title;
  };
  CHECK(Mentions(title(DeferredInit(), "4.4.60"), "had set up only 100 MiB of 50.0 GiB"));
  CHECK(Mentions(title(DeferredInit(), "4.1.20"), "before the kernel's allocator was ready"));
  EventFacts all = DeferredInit();
  all.zones[0].managed_kb = 49 << 20;
  CHECK(Mentions(title(all, "4.4.60"), "before the kernel's allocator was ready"));
  all.zones[0].managed_kb.reset();
  CHECK(Mentions(title(all, "4.4.60"), "before the kernel's allocator was ready"));
}

}  // namespace
}  // namespace kautopsy::test
