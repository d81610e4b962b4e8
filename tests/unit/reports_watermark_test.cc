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

TEST_CASE("the rule follows the release, else what is printed") {
  CHECK(RuleOf(ParseKernelVersion("2.6.32-431.17.1.el6.x86_64"), {}) ==
        WatermarkRule::kEl6Build431);
  CHECK(RuleOf(ParseKernelVersion("2.6.32-358.el6"), {}) == WatermarkRule::k2636);
  CHECK(RuleOf(ParseKernelVersion("2.6.32-21-generic"), {}) == WatermarkRule::k2618);
  CHECK(RuleOf(ParseKernelVersion("3.10.0-514.el7"), {}) == WatermarkRule::k34);
  CHECK(RuleOf(ParseKernelVersion("5.14.0-70.el9"), {}) == WatermarkRule::k44);
  CHECK(RuleOf(ParseKernelVersion("6.12.0"), {}) == WatermarkRule::k63);
  ZoneFacts zone = MakeZone(0, "Normal", 100, 10, {1});
  CHECK(RuleOf({}, {zone}) == WatermarkRule::k2618);
  zone.cells[0].migrate_types = "UM";
  CHECK(RuleOf({}, {zone}) == WatermarkRule::k34);
  zone.cells[0].migrate_types = "UME";
  CHECK(RuleOf({}, {zone}) == WatermarkRule::k44);
}

}  // namespace
}  // namespace kautopsy::test
