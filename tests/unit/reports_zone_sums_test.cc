#include <doctest/doctest.h>

#include "reports/diagnosis/missing_zones.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

IncidentFacts OnKernel(std::vector<ZoneFacts> zones, std::string release) {
  EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
  event.zones = std::move(zones);
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = std::move(release);
  return facts;
}

ZoneCheck FirstCheck(const IncidentFacts& facts, const PieceRequest& request) {
  return CheckZones(facts, facts.events.front(), request).at(0);
}

PieceRequest Asked(int order, const std::string& names, std::string_view release) {
  PieceRequest request = OrdinaryRequest(order);
  request.assumed = false;
  request.gfp = *ReadGfp(std::nullopt, names, ParseKernelVersion(release));
  return request;
}

TEST_CASE("the sum begins with the list's own total, whoever asks; the counter is told beside") {
  ZoneFacts zone = MakeZone(0, "Normal", 36692, 36784, {1231, 391, 456, 342, 141, 23});
  REQUIRE(zone.free_list_kb == 38260);
  const IncidentFacts facts = OnKernel({zone}, "3.10.0-514.6.1.el7.x86_64");
  for (const bool assumed : {true, false}) {
    PieceRequest request = OrdinaryRequest(0);
    request.assumed = assumed;
    const ZoneCheck check = FirstCheck(facts, request);
    CHECK(check.from_list);
    CHECK(check.free_pages == 9565);
    CHECK(check.usable_pages == 9565);
    CHECK(check.counter_pages == 9173);
    CHECK(check.verdict == ZoneVerdict::kServed);
    CHECK(PassesFirstTest(check));
    CHECK(PassesByCounter(check) == false);
  }
}

TEST_CASE("the loop of older kernels takes the cells off the total that they belong to") {
  // By the counter 1000 - 3 - 1400 would be left.
  const IncidentFacts facts =
      OnKernel({MakeZone(0, "Normal", 4000, 400, {1400, 20, 40})}, "2.6.32-21-generic");
  PieceRequest request = OrdinaryRequest(2);
  request.assumed = false;
  const ZoneCheck check = FirstCheck(facts, request);
  REQUIRE(check.steps.size() == 2);
  CHECK(check.steps[0].left_pages == 1600 - 3 - 1400);
  CHECK(check.verdict == ZoneVerdict::kServed);
}

TEST_CASE("without a list, or with one that does not add up, the sum begins with the counter") {
  ZoneFacts none = MakeZone(0, "Normal", 8000, 4000);
  CHECK(FirstCheck(OnKernel({none}, "5.10.0"), OrdinaryRequest(0)).free_pages == 2000);
  ZoneFacts damaged = MakeZone(0, "Normal", 8000, 4000, {500, 500});
  damaged.free_list_kb = 999988;
  const ZoneCheck check = FirstCheck(OnKernel({damaged}, "5.10.0"), OrdinaryRequest(0));
  CHECK(check.free_pages == 2000);
  CHECK_FALSE(check.from_list);
}

// 8192 pages in eight isolated blocks: no counter holds them, and nobody is given one.
ZoneFacts PartlyIsolated() {
  ZoneFacts zone = MakeZone(0, "Normal", 8000, 4000, {1200, 400, 0, 0, 0, 0, 0, 0, 0, 0, 8});
  for (FreeCell& cell : zone.cells) cell.migrate_types = "UM";
  zone.cells.back().migrate_types = "I";
  return zone;
}

TEST_CASE("blocks that are being taken away are in the list's total, and free to nobody") {
  const IncidentFacts facts = OnKernel({PartlyIsolated()}, "5.10.0");
  const ZoneCheck single = FirstCheck(facts, OrdinaryRequest(0));
  CHECK(single.free_pages == 2000 + 8192);
  CHECK(single.isolated_pages == 8192);
  CHECK(single.usable_pages == 2000);
  CHECK(single.verdict == ZoneVerdict::kServed);
  CHECK(PassesByCounter(single) == true);
  CHECK(CheckWords(single).find("8,192 being taken away [isolate]") != std::string::npos);
  CHECK(FirstCheck(facts, OrdinaryRequest(4)).verdict == ZoneVerdict::kNotServed);
  const ZoneFacts& zone = facts.events.front().zones.front();
  CHECK(LargestOrder(zone) == 1);
  CHECK(BlocksFrom(zone, 2) == 0);
}

TEST_CASE("how much of a mixed block is isolated is unknown where the verdict hangs on it") {
  ZoneFacts zone = PartlyIsolated();
  zone.cells.front().count = 100;
  zone.free_list_kb = *zone.free_list_kb - 4400;
  zone.cells.back().migrate_types = "MI";
  const IncidentFacts facts = OnKernel({zone}, "5.10.0");
  CHECK(FirstCheck(facts, OrdinaryRequest(0)).verdict == ZoneVerdict::kUnknown);
  zone.min_kb = 40;
  CHECK(FirstCheck(OnKernel({zone}, "5.10.0"), OrdinaryRequest(0)).verdict == ZoneVerdict::kServed);
}

// 20,000 pages are free, 12,000 of them CMA; 50 pieces of 16 KiB are not.
struct CmaCase {
  std::string_view release;
  int64_t left_pages;  // after the loop, or where it ended
  ZoneVerdict verdict;
};
constexpr CmaCase kCma[] = {
    {"3.7.0", -539, ZoneVerdict::kNotServed},         {"3.8.0", -539, ZoneVerdict::kNotServed},
    {"3.9.11", -539, ZoneVerdict::kNotServed},        {"3.10.0", 11461, ZoneVerdict::kServed},
    {"3.10.0-1160.el7", 11461, ZoneVerdict::kServed}, {"3.18.31", 11461, ZoneVerdict::kServed},
    {"4.3.0", 11461, ZoneVerdict::kServed},
};

TEST_CASE("since 3.10 the loop over orders counts CMA again that the first test leaves out") {
  ZoneFacts zone =
      MakeZone(std::nullopt, "Normal", 80000, 8000, {4000, 1900, 50, 0, 0, 0, 0, 0, 0, 0, 11});
  for (FreeCell& cell : zone.cells) cell.migrate_types = cell.order < 10 ? "UM" : "C";
  zone.free_cma_kb = 48000;
  for (const CmaCase& known : kCma) {
    CAPTURE(known.release);
    const ZoneCheck check =
        FirstCheck(OnKernel({zone}, std::string(known.release)), OrdinaryRequest(2));
    CHECK(check.usable_pages == 19264 - 3 - 12000);
    CHECK(PassesFirstTest(check));
    REQUIRE_FALSE(check.steps.empty());
    CHECK(check.steps.back().left_pages == known.left_pages);
    CHECK(check.verdict == known.verdict);
  }
}

// Reports that end, or lose lines, among their zones. The request is for a page of zone `highest`.
struct CutCase {
  std::string_view what;
  std::string_view release;
  HighestZone highest;
  std::vector<std::pair<std::string_view, std::vector<int64_t>>> lines;
  bool lacks_zones;
  ZoneVerdict verdict;  // of the last printed zone, far above its min
};

TEST_CASE("a zone that would pass gives no verdict where the report was cut among its zones") {
  const CutCase kCuts[] = {
      {"the first zone alone, its line tells of two above",
       "2.6.32-431.11.2.el6.x86_64",
       HighestZone::kMovable,
       {{"DMA", {0, 3512, 500137, 500137}}},
       true,
       ZoneVerdict::kUnknown},
      {"cut in front of the line of DMA32",
       "4.18.0-553.el8_10.x86_64",
       HighestZone::kMovable,
       {{"DMA", {0, 2655, 5626, 5626, 5626}}, {"DMA32", {}}},
       true,
       ZoneVerdict::kUnknown},
      {"a zone in the middle is lost",
       "5.10.0",
       HighestZone::kMovable,
       {{"DMA", {0, 2655, 5626, 5626}}, {"Normal", {0, 0, 0, 0}}},
       true,
       ZoneVerdict::kServed},
      {"all are there",
       "5.10.0",
       HighestZone::kMovable,
       {{"DMA", {0, 2655, 5626}}, {"DMA32", {0, 0, 2971}}, {"Normal", {0, 0, 0}}},
       false,
       ZoneVerdict::kServed},
      {"those above the request, which 6.1 does not print",
       "6.1.0-18-amd64",
       HighestZone::kDma32,
       {{"DMA", {0, 2655, 5626}}, {"DMA32", {0, 0, 2971}}},
       false,
       ZoneVerdict::kServed},
      {"the same from a kernel that prints all",
       "5.10.0-18-amd64",
       HighestZone::kDma32,
       {{"DMA", {0, 2655, 5626}}, {"DMA32", {0, 0, 500000}}},
       true,
       ZoneVerdict::kUnknown},
      {"a low zone whose line is lost",
       "5.10.0",
       HighestZone::kNormal,
       {{"DMA32", {}}},
       false,
       ZoneVerdict::kUnknown},
  };
  for (const CutCase& known : kCuts) {
    CAPTURE(known.what);
    std::vector<ZoneFacts> zones;
    for (const auto& [name, line] : known.lines) {
      zones.push_back(MakeZone(0, std::string(name), 400000, 4000));
      zones.back().lowmem_reserve_pages = line;
    }
    const IncidentFacts facts = OnKernel(std::move(zones), std::string(known.release));
    PieceRequest request = OrdinaryRequest(0);
    request.gfp.highest = known.highest;
    const EventFacts& event = facts.events.front();
    CHECK(LacksZones(event, request, ParseKernelVersion(known.release)) == known.lacks_zones);
    CHECK(CheckZones(facts, event, request).back().verdict == known.verdict);
  }
}

TEST_CASE("that no zone of a cut report would serve is not known") {
  EventFacts event = ExhaustedOom();
  event.zones.resize(1);
  CHECK_FALSE(SmallFacts(event).events.front().rerun->served);
  CHECK(SmallFacts(event).events.front().rerun->lacks_zones);
  CHECK_FALSE(BelowHighMarks(SmallFacts(event).events.front()));
  CHECK(SmallFacts(ExhaustedOom()).events.front().rerun->served == false);
}

// How min becomes the mark, in the words of the report. 4,001 pages are printed.
struct MarkCase {
  std::string_view release;
  int order;
  std::string_view names;
  Integer boost_kb;
  std::string_view words;
};
constexpr MarkCase kMarks[] = {
    {"5.10.0", 0, "GFP_KERNEL", std::nullopt, ""},
    {"5.10.0", 0, "GFP_NOWAIT", std::nullopt, ""},
    {"5.10.0", 0, "GFP_ATOMIC", std::nullopt,
     "min 4,001 - 2,000 [half: __GFP_HIGH] - 500 [a quarter: must not wait] = 1,501"},
    {"6.6.0", 0, "GFP_KERNEL|__GFP_HIGH", std::nullopt,
     "min 4,001 - 2,000 [half: __GFP_HIGH] = 2,001"},
    {"6.6.0", 0, "GFP_ATOMIC", 9600,
     "min 4,001 - 2,400 [boost] - 800 [half: __GFP_HIGH] - 200 [a quarter: must not wait] = 601"},
    {"6.6.0", 1, "GFP_ATOMIC", 9600,
     "min 4,001 - 2,000 [half: __GFP_HIGH] - 500 [a quarter: must not wait] = 1,501"},
    {"6.6.0", 0, "GFP_KERNEL|__GFP_MEMALLOC", std::nullopt,
     "min 4,001 - 4,001 [all: ignores the marks] = 0"},
};

TEST_CASE("every step from the printed min to the mark can be checked with a calculator") {
  for (const MarkCase& known : kMarks) {
    CAPTURE(known.release);
    CAPTURE(known.names);
    ZoneFacts zone = MakeZone(0, "Normal", 40000, 16004);
    zone.boost_kb = known.boost_kb;
    const ZoneCheck check = FirstCheck(OnKernel({zone}, std::string(known.release)),
                                       Asked(known.order, std::string(known.names), known.release));
    CHECK(MarkWords(check) == known.words);
    int64_t left = *check.min_pages;
    for (const MarkDiscount& discount : check.discounts) left -= discount.pages;
    CHECK(left == check.mark_pages);
  }
}

TEST_CASE("a zone above min is not said to have nothing to spare, but to lie below high") {
  EventFacts event = ExhaustedOom();
  CHECK(NothingSpareWords(SmallFacts(event).events.front()).find("had memory to spare: ") !=
        std::string::npos);
  event.zones[1] = MakeZone(0, "DMA32", 9000, 8000, {2250});
  event.zones[1].lowmem_reserve_pages = {0, 0, 0, 0};
  const std::string words = NothingSpareWords(SmallFacts(event).events.front());
  CHECK(words.find("above its high mark") != std::string::npos);
  CHECK(words.find("node 0 DMA32: 2,250 <= 3,000 [high].") != std::string::npos);
  CHECK(words.find("above the min mark") == std::string::npos);
}

}  // namespace
}  // namespace kautopsy::test
