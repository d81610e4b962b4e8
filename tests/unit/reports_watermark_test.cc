#include <doctest/doctest.h>

#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/watermark.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

ZoneCheck CheckOf(const IncidentFacts& facts, const PieceRequest& request, std::size_t zone) {
  return CheckZones(facts, facts.events.front(), request).at(zone);
}

TEST_CASE(
    "EL6 -431 refuses order 2 on node 0: 1,648,026 - 5 > 11,089, less all single pages = -5") {
  const IncidentFacts facts = MakeFacts({SeedMemInfo()});
  const ZoneCheck check = CheckOf(facts, OrdinaryRequest(2), 2);
  CHECK(check.usable_pages == 1648021);
  CHECK(check.mark_pages == 11089);
  CHECK(check.reserve_pages == 0);
  REQUIRE(check.steps.size() == 1);
  CHECK(check.steps[0].taken_pages == 1648026);
  CHECK(check.steps[0].left_pages == -5);
  CHECK(check.margin_pages == -5);
  CHECK(check.watermark_ok == false);
  CHECK(check.blocks_ok == false);
  CHECK(check.verdict == ZoneVerdict::kNotServed);
  CHECK(check.frag_index == doctest::Approx(0.75));
  CHECK(check.unusable_index == doctest::Approx(1.0));
}

TEST_CASE("EL6 -431 refuses order 2 on node 1 only after pairs are taken away too") {
  const ZoneCheck check = CheckOf(MakeFacts({SeedMemInfo()}), OrdinaryRequest(2), 3);
  CHECK(check.usable_pages == 10753348);
  REQUIRE(check.steps.size() == 2);
  CHECK(check.steps[1].taken_pages == 2362376);
  CHECK(check.margin_pages == -5);
  CHECK(check.frag_index == doctest::Approx(0.72));
}

TEST_CASE("order 1 is served by node 1 and order 0 by both nodes") {
  const IncidentFacts facts = MakeFacts({SeedMemInfo()});
  CHECK(CheckOf(facts, OrdinaryRequest(0), 2).verdict == ZoneVerdict::kServed);
  CHECK(CheckOf(facts, OrdinaryRequest(0), 3).verdict == ZoneVerdict::kServed);
  CHECK(CheckOf(facts, OrdinaryRequest(1), 2).verdict == ZoneVerdict::kNotServed);
  CHECK(CheckOf(facts, OrdinaryRequest(1), 3).verdict == ZoneVerdict::kServed);
  CHECK(FirstRefusedOrder(facts, facts.events.front()) == 2);
}

TEST_CASE("memory that lowmem_reserve keeps back does not serve ordinary requests") {
  const ZoneCheck check = CheckOf(MakeFacts({SeedMemInfo()}), OrdinaryRequest(2), 0);
  CHECK(check.eligible);
  CHECK(check.usable_pages == 3927);
  CHECK(check.reserve_pages == 193855);
  CHECK(check.blocks_ok == true);
  CHECK(check.verdict == ZoneVerdict::kNotServed);
}

TEST_CASE("what a zone keeps back from requests for zone Movable, others may have") {
  EventFacts event = SeedMemInfo();
  REQUIRE(event.zones[2].zone == "Normal");
  event.zones[0].lowmem_reserve_pages = {0, 2965, 193855, 234815};
  event.zones[2].lowmem_reserve_pages = {0, 0, 0, 40960};
  const IncidentFacts facts = MakeFacts({event});
  CHECK(CheckOf(facts, OrdinaryRequest(0), 0).reserve_pages == 193855);
  CHECK(CheckOf(facts, OrdinaryRequest(0), 2).reserve_pages == 0);
}

TEST_CASE("a request for zone DMA is not kept out of it and may not use higher zones") {
  const IncidentFacts facts = MakeFacts({SeedMemInfo()});
  PieceRequest request = OrdinaryRequest(2);
  request.gfp.highest = HighestZone::kDma;
  CHECK(CheckOf(facts, request, 0).verdict == ZoneVerdict::kServed);
  CHECK_FALSE(CheckOf(facts, request, 2).eligible);
}

TEST_CASE("a request that must not wait sees 3/8 of min; what is kept back stays") {
  PieceRequest request = OrdinaryRequest(0);
  request.gfp = *ReadGfp(0x20, std::nullopt, ParseKernelVersion("2.6.32-431.el6"));
  const ZoneCheck check = CheckOf(MakeFacts({SeedMemInfo()}), request, 1);
  CHECK(check.mark_pages == 65);  // 172 -> 86 -> 65
  CHECK(check.reserve_pages == 190890);
}

TEST_CASE(
    "since 4.4 a free piece of the order decides, and a CMA piece does not serve the kernel") {
  EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
  event.zones = {MakeZone(0, "Normal", 400000, 4000, {10000, 1000, 100, 10})};
  event.zones[0].cells[3].migrate_types = "C";
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "5.10.0-60";
  CHECK(CheckOf(facts, OrdinaryRequest(2), 0).verdict == ZoneVerdict::kServed);
  CHECK(CheckOf(facts, OrdinaryRequest(3), 0).verdict == ZoneVerdict::kNotServed);
  PieceRequest movable = OrdinaryRequest(3);
  movable.gfp.movable = true;
  CHECK(CheckOf(facts, movable, 0).verdict == ZoneVerdict::kServed);
}

TEST_CASE("a zone without marks or a list gives no verdict") {
  EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
  event.zones = {MakeZone(0, "Normal", 400000, 4000)};
  IncidentFacts facts = MakeFacts({event});
  CHECK(CheckOf(facts, OrdinaryRequest(2), 0).verdict == ZoneVerdict::kUnknown);
  CHECK(CheckOf(facts, OrdinaryRequest(0), 0).verdict == ZoneVerdict::kServed);
  facts.events[0].zones[0].min_kb.reset();
  CHECK(CheckOf(facts, OrdinaryRequest(0), 0).verdict == ZoneVerdict::kUnknown);
}

TEST_CASE("a list that is cut is not added up; the zone's counter stands in") {
  EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
  event.zones = {MakeZone(0, "Normal", 400000, 40000, {10, 2})};
  event.zones[0].free_list_kb.reset();
  const IncidentFacts facts = MakeFacts({event});
  CHECK(CheckOf(facts, OrdinaryRequest(0), 0).verdict == ZoneVerdict::kServed);
  const ZoneCheck check = CheckOf(facts, OrdinaryRequest(3), 0);
  CHECK(check.verdict == ZoneVerdict::kUnknown);
  CHECK_FALSE(check.frag_index);
}

TEST_CASE("nodes that are not allowed are not eligible") {
  PieceRequest request = OrdinaryRequest(1);
  request.nodes = ParseNodeList("0");
  const IncidentFacts facts = MakeFacts({SeedMemInfo()});
  CHECK_FALSE(CheckOf(facts, request, 3).eligible);
  CHECK(AnyServed(CheckZones(facts, facts.events.front(), request)) == false);
}

TEST_CASE("node lists are read as the kernel prints them, and other text means no limit") {
  CHECK(ParseNodeList("0-2,5") == std::vector<int64_t>{0, 1, 2, 5});
  CHECK(ParseNodeList("(null)").empty());
  CHECK(ParseNodeList("0-99999999").empty());
  CHECK(ParseNodeList("3-1").empty());
}

TEST_CASE("indices of an empty list say that memory is lacking") {
  CHECK(FragmentationIndex(MakeZone(0, "Normal", 0, 0, {0, 0}), 1) == 0.0);
  CHECK(UnusableIndex(MakeZone(0, "Normal", 0, 0, {0, 0}), 1) == 1.0);
  CHECK_FALSE(FragmentationIndex(MakeZone(0, "Normal", 0, 0), 1));
  CHECK(FragmentationIndex(MakeZone(0, "Normal", 0, 0, {1, 1}), 1) == -1.0);
}

// A zone, its min and what of it is a boost, in pages, and what an order-0 GFP_ATOMIC request of
// the kernel must leave: 3/8 of the mark.
struct BoostCase {
  std::string_view release;
  Integer boost_kb;
  int64_t usable_pages;
  ZoneVerdict verdict;
  int64_t mark_pages;
};
// min 4000 pages with the boost, 1600 without: 1500 and 600 must be left.
constexpr BoostCase kBoosts[] = {
    {"5.8.0-63-generic", std::nullopt, 1500, ZoneVerdict::kNotServed, 1500},
    {"5.8.0-63-generic", std::nullopt, 1501, ZoneVerdict::kServed, 1500},
    {"4.19.0-21-amd64", std::nullopt, 700, ZoneVerdict::kNotServed, 1500},
    {"5.4.79", std::nullopt, 700, ZoneVerdict::kNotServed, 1500},
    {"5.4.80", std::nullopt, 700, ZoneVerdict::kUnknown, 1500},
    {"5.4.0-26-generic", std::nullopt, 700, ZoneVerdict::kUnknown, 1500},
    {"5.10.0-46-amd64", std::nullopt, 700, ZoneVerdict::kUnknown, 1500},
    {"5.10.0-46-amd64", std::nullopt, 300, ZoneVerdict::kNotServed, 1500},
    {"6.1.0-56-amd64", 9600, 601, ZoneVerdict::kServed, 600},
    {"6.1.0-56-amd64", 9600, 600, ZoneVerdict::kNotServed, 600},
    {"6.12.0", 9600, 601, ZoneVerdict::kServed, 600},
};

TEST_CASE("a single atomic page is free of the boost since 5.9, which is printed since 5.16") {
  for (const BoostCase& known : kBoosts) {
    CAPTURE(known.release);
    CAPTURE(known.usable_pages);
    EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
    event.zones = {MakeZone(0, "DMA32", 160, 1600), MakeZone(0, "Normal", 0, 16000)};
    event.zones[0].managed_kb = event.zones[1].managed_kb = 400000;
    event.zones[0].min_kb = 6400;
    event.zones[1].free_kb = known.usable_pages * 4;
    event.zones[1].boost_kb = known.boost_kb;
    IncidentFacts facts = MakeFacts({event});
    facts.kernel_release = std::string(known.release);
    PieceRequest request = OrdinaryRequest(0);
    request.gfp = *ReadGfp(std::nullopt, "GFP_ATOMIC", ParseKernelVersion(known.release));
    const ZoneCheck check = CheckOf(facts, request, 1);
    CHECK(check.verdict == known.verdict);
    CHECK(check.mark_pages == known.mark_pages);
  }
}

TEST_CASE("the boost counts for all but a single atomic page") {
  EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
  event.zones = {MakeZone(0, "Normal", 12000, 16000)};
  event.zones[0].boost_kb = 9600;
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "6.1.0-56-amd64";
  CHECK(CheckOf(facts, OrdinaryRequest(0), 0).mark_pages == 4000);
  PieceRequest pair = OrdinaryRequest(1);
  pair.gfp = *ReadGfp(std::nullopt, "GFP_ATOMIC", ParseKernelVersion("6.1.0"));
  CHECK(CheckOf(facts, pair, 0).mark_pages == 1500);
}

TEST_CASE("free CMA is what is printed, else the pieces that lie in CMA alone") {
  EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
  event.zones = {MakeZone(0, "Normal", 8000, 4000, {1000, 500})};
  event.zones[0].cells[0].migrate_types = "UC";
  event.zones[0].cells[1].migrate_types = "C";
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "4.19.0";
  CHECK(CheckOf(facts, OrdinaryRequest(0), 0).cma_pages == 1000);
  facts.events[0].zones[0].free_cma_kb = 0;
  CHECK(CheckOf(facts, OrdinaryRequest(0), 0).cma_pages == 0);
  facts.events[0].zones[0].free_cma_kb = 6000;
  CHECK(CheckOf(facts, OrdinaryRequest(0), 0).cma_pages == 1500);
  PieceRequest movable = OrdinaryRequest(0);
  movable.gfp.movable = true;
  CHECK(CheckOf(facts, movable, 0).cma_pages == 0);
}

// The lowmem_reserve[] lines of the zones, and what the lowest keeps back from a request.
struct ReserveCase {
  std::string_view machine;
  HighestZone highest;
  std::vector<std::pair<std::string_view, std::vector<int64_t>>> lines;
  Integer kept_pages;
};

TEST_CASE("the reserve is that of the request's highest zone, whatever zones the kernel has") {
  const ReserveCase kReserves[] = {
      {"x86-64, five types",
       HighestZone::kMovable,
       {{"DMA", {0, 2965, 193855, 193855, 193855}}, {"Normal", {0, 0, 0, 0, 0}}},
       193855},
      {"x86-64 with memory in zone Movable",
       HighestZone::kHighMem,
       {{"DMA", {0, 2965, 193855, 234815}},
        {"Normal", {0, 0, 0, 40960}},
        {"Movable", {0, 0, 0, 0}}},
       193855},
      {"32 bit, HighMem printed",
       HighestZone::kNormal,
       {{"DMA", {0, 825, 1947, 825}}, {"Normal", {0, 0, 8980, 0}}, {"HighMem", {0, 0, 0, 0}}},
       825},
      {"32 bit, HighMem not printed [since 6.1]",
       HighestZone::kNormal,
       {{"DMA", {0, 825, 1947, 1947}}, {"Normal", {0, 0, 8980, 8980}}},
       825},
      {"2.6.18, DMA32 without memory",
       HighestZone::kNormal,
       {{"DMA", {0, 0, 880, 17392}}, {"DMA32", {0, 0, 880, 17392}}, {"Normal", {0, 0, 0, 132096}}},
       880},
      {"32 bit PowerPC, Normal without memory",
       HighestZone::kNormal,
       {{"DMA", {0, 0, 1280, 1280}}},
       0},
      {"the same, a request for HighMem",
       HighestZone::kHighMem,
       {{"DMA", {0, 0, 1280, 1280}}, {"HighMem", {0, 0, 0, 0}}},
       1280},
      {"a line that was cut",
       HighestZone::kNormal,
       {{"DMA", {0, 2965}}, {"Normal", {0, 0, 0, 0}}},
       std::nullopt},
      {"a request for DMA32",
       HighestZone::kDma32,
       {{"DMA", {0, 2965, 193855, 193855}}, {"DMA32", {0, 0, 190890, 190890}}},
       2965},
  };
  for (const ReserveCase& known : kReserves) {
    CAPTURE(known.machine);
    EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
    for (const auto& [name, line] : known.lines) {
      event.zones.push_back(MakeZone(0, std::string(name), 400000, 4));
      event.zones.back().lowmem_reserve_pages = line;
    }
    PieceRequest request = OrdinaryRequest(0);
    request.gfp.highest = known.highest;
    CHECK(CheckOf(MakeFacts({event}), request, 0).reserve_pages == known.kept_pages);
  }
}

TEST_CASE("a cpuset does not bind atomic requests, nor those of interrupts") {
  EventFacts event = SeedMemInfo();
  RefusalFacts refusal;
  refusal.kind = "failure";
  refusal.order = 0;
  refusal.gfp_flags = "GFP_ATOMIC";
  refusal.mems_allowed = "0";
  event.refusal = refusal;
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "5.10.0";
  CHECK(RequestOf(facts, facts.events[0])->nodes.empty());
  facts.events[0].refusal->gfp_flags = "GFP_NOWAIT";
  CHECK(RequestOf(facts, facts.events[0])->nodes == std::vector<int64_t>{0});
  facts.events[0].refusal->context = "softirq";
  CHECK(RequestOf(facts, facts.events[0])->nodes.empty());
  facts.events[0].refusal->nodemask = "1";
  CHECK(RequestOf(facts, facts.events[0])->nodes == std::vector<int64_t>{1});
}

TEST_CASE("a kill whose header has the mask alone is tested for one page") {
  EventFacts event = SeedMemInfo();
  OomFacts oom;
  oom.gfp_mask = 0xd0;
  event.oom = oom;
  IncidentFacts facts = MakeFacts({event});
  const std::optional<PieceRequest> request = RequestOf(facts, facts.events[0]);
  REQUIRE(request);
  CHECK(request->order == 0);
  CHECK(request->assumed);
  CHECK(request->gfp.highest == HighestZone::kNormal);
  facts.events[0].oom->gfp_mask.reset();
  CHECK_FALSE(RequestOf(facts, facts.events[0]));
}

TEST_CASE("the rule follows the release, else what is printed") {
  CHECK(RuleOf(ParseKernelVersion("2.6.32-431.17.1.el6.x86_64"), EventFacts()) ==
        WatermarkRule::kEl6Build431);
  CHECK(RuleOf(ParseKernelVersion("2.6.32-358.el6"), EventFacts()) == WatermarkRule::k2636);
  CHECK(RuleOf(ParseKernelVersion("2.6.32-21-generic"), EventFacts()) == WatermarkRule::k2618);
  CHECK(RuleOf(ParseKernelVersion("3.10.0-514.el7"), EventFacts()) == WatermarkRule::k34);
  CHECK(RuleOf(ParseKernelVersion("5.14.0-70.el9"), EventFacts()) == WatermarkRule::k44);
  CHECK(RuleOf(ParseKernelVersion("5.14.0-570.12.1.el9_6.x86_64"), EventFacts()) ==
        WatermarkRule::k63);
  CHECK(RuleOf(ParseKernelVersion("6.12.0"), EventFacts()) == WatermarkRule::k63);
  EventFacts event;
  event.zones = {MakeZone(0, "Normal", 100, 10, {1})};
  ZoneFacts& zone = event.zones[0];
  CHECK(RuleOf({}, event) == WatermarkRule::k2618);
  zone.cells[0].migrate_types = "UM";
  CHECK(RuleOf({}, event) == WatermarkRule::k34);
  zone.cells[0].migrate_types = "UME";
  CHECK(RuleOf({}, event) == WatermarkRule::k44);
  zone.cells.push_back({1, 8, 1, "R"});  // MIGRATE_RESERVE, of 3.8 to 4.3
  CHECK(RuleOf({}, event) == WatermarkRule::k34);
  zone.cells.pop_back();
  zone.reserved_highatomic_kb = 0;
  zone.free_highatomic_kb = 0;
  CHECK(RuleOf({}, event) == WatermarkRule::k63);
}

TEST_CASE("the last try before an OOM kill asks for the high mark, with no right to CMA") {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask = 0x6200ca;
  event.oom->gfp_flags = "GFP_HIGHUSER_MOVABLE";
  event.zones = {MakeZone(0, "Normal", 37900, 35588, {9475})};
  event.zones[0].high_kb = 53380;
  event.zones[0].free_cma_kb = 400;
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "4.18.0-553.8.1.el8_10.x86_64";
  RunAgain(facts);
  const ZoneCheck& check = facts.events[0].rerun->checks.at(0);
  CHECK(check.verdict == ZoneVerdict::kServed);
  CHECK(check.usable_pages == 9475);
  CHECK(check.last_try_pages == 9375);
  CHECK(check.high_pages == 13345);
  CHECK(check.last_try_ok == false);
  CHECK(BelowHighMarks(facts.events[0]));
  facts.events[0].oom->from_fault = true;  // pagefault_out_of_memory() tries nothing
  RunAgain(facts);
  CHECK_FALSE(facts.events[0].rerun->checks.at(0).last_try_ok);
  facts.events[0].oom->from_fault = false;
  facts.events[0].zones[0].high_kb = 36000;
  RunAgain(facts);
  CHECK(facts.events[0].rerun->checks.at(0).last_try_ok == true);
  CHECK_FALSE(BelowHighMarks(facts.events[0]));
}

}  // namespace
}  // namespace kautopsy::test
