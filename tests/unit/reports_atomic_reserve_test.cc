#include <doctest/doctest.h>

#include "reports/diagnosis/watermark.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

ZoneCheck CheckOf(const IncidentFacts& facts, const PieceRequest& request) {
  return CheckZones(facts, facts.events.front(), request).at(0);
}

// What is kept for atomic requests, as kernels leave it out of what is free. In pages.
struct AtomicCase {
  std::string_view release;
  int order;
  std::string_view names;
  std::string_view letters;  // of the zone's only kind of piece
  Integer free_atomic_kb;
  int64_t left_out_pages;
  ZoneVerdict verdict;
};
// 2000 pages are free, min is 1000, reserved are 1500.
constexpr AtomicCase kAtomic[] = {
    {"4.4.0", 0, "GFP_KERNEL", "UMEH", std::nullopt, 1500, ZoneVerdict::kNotServed},
    {"4.15.0", 0, "GFP_KERNEL", "UMEH", std::nullopt, 0, ZoneVerdict::kServed},
    {"4.15.0", 0, "GFP_KERNEL", "H", std::nullopt, 0, ZoneVerdict::kNotServed},
    {"4.15.0", 1, "GFP_KERNEL", "UMEH", std::nullopt, 1500, ZoneVerdict::kNotServed},
    {"5.10.0", 0, "GFP_KERNEL", "UMEH", std::nullopt, 1500, ZoneVerdict::kNotServed},
    {"5.10.0", 0, "GFP_NOWAIT", "UMEH", std::nullopt, 1500, ZoneVerdict::kNotServed},
    {"5.10.0", 0, "GFP_ATOMIC", "UMEH", std::nullopt, 0, ZoneVerdict::kServed},
    {"5.10.0", 1, "GFP_ATOMIC", "H", std::nullopt, 0, ZoneVerdict::kServed},
    {"6.6.0", 0, "GFP_KERNEL", "UME", std::nullopt, 1500, ZoneVerdict::kNotServed},
    {"6.6.0", 0, "GFP_KERNEL|__GFP_HIGH", "UME", std::nullopt, 0, ZoneVerdict::kServed},
    {"6.12.0", 0, "GFP_KERNEL", "UME", std::nullopt, 0, ZoneVerdict::kServed},
    {"6.12.0", 0, "GFP_KERNEL", "UMEH", std::nullopt, 0, ZoneVerdict::kUnknown},
    {"6.16.0", 0, "GFP_KERNEL", "UMEH", 400, 100, ZoneVerdict::kServed},
    {"6.16.0", 0, "GFP_KERNEL", "UMEH", 4000, 1000, ZoneVerdict::kNotServed},
};

TEST_CASE("what is kept for atomic requests is left out as the kernel does it") {
  for (const AtomicCase& known : kAtomic) {
    CAPTURE(known.release);
    CAPTURE(known.names);
    CAPTURE(known.letters);
    EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
    event.zones = {MakeZone(0, "Normal", 8000, 4000, {0, 1000})};
    event.zones[0].cells[1].migrate_types = std::string(known.letters);
    event.zones[0].reserved_highatomic_kb = 6000;
    event.zones[0].free_highatomic_kb = known.free_atomic_kb;
    IncidentFacts facts = MakeFacts({event});
    facts.kernel_release = std::string(known.release);
    PieceRequest request = OrdinaryRequest(known.order);
    request.gfp =
        *ReadGfp(std::nullopt, std::string(known.names), ParseKernelVersion(known.release));
    const ZoneCheck check = CheckOf(facts, request);
    CHECK(check.atomic_pages == known.left_out_pages);
    CHECK(check.verdict == known.verdict);
  }
}

struct UnprintedCase {
  int64_t atomic_pieces;  // of two pages, of which alone the reserve is known
  int64_t zone_kb;
  std::string_view names;
  int64_t left_out_pages;
  ZoneVerdict verdict;
};
// 2000 pages are free, min is 1000.
constexpr UnprintedCase kUnprinted[] = {
    {700, 400000, "GFP_KERNEL", 1400, ZoneVerdict::kNotServed},
    {700, 400000, "GFP_ATOMIC", 0, ZoneVerdict::kServed},
    {100, 4000, "GFP_KERNEL", 200, ZoneVerdict::kServed},     // the reserve is below 210 pages
    {100, 400000, "GFP_KERNEL", 200, ZoneVerdict::kUnknown},  // and here below 1010
    {0, 400000, "GFP_KERNEL", 0, ZoneVerdict::kServed},
};

TEST_CASE("kernels that do not print what is kept for atomic requests leave it out, too") {
  for (const UnprintedCase& known : kUnprinted) {
    CAPTURE(known.names);
    CAPTURE(known.atomic_pieces);
    EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
    ZoneFacts zone =
        MakeZone(0, "Normal", 8000, 4000, {2000 - 2 * known.atomic_pieces, known.atomic_pieces});
    zone.cells[0].migrate_types = "UME";
    zone.cells[1].migrate_types = "H";
    zone.managed_kb = known.zone_kb;
    event.zones = {std::move(zone)};
    IncidentFacts facts = MakeFacts({event});
    facts.kernel_release = "4.4.0";
    PieceRequest request = OrdinaryRequest(0);
    request.gfp = *ReadGfp(std::nullopt, std::string(known.names), ParseKernelVersion("4.4.0"));
    const ZoneCheck check = CheckOf(facts, request);
    CHECK(check.atomic_pages == known.left_out_pages);
    CHECK(check.verdict == known.verdict);
  }
}

// Which letters of the zone's only pieces of the order give an atomic request one.
struct AtomicPieceCase {
  std::string_view letters;
  bool served;
};
constexpr AtomicPieceCase kAtomicPieces[] = {{"U", true},  {"H", true},  {"CH", true},
                                             {"C", false}, {"I", false}, {"CI", false}};

TEST_CASE("an atomic request gets no isolated or CMA piece, though 4.4 to 4.14 let it pass") {
  for (const std::string_view release : {"4.4.0", "4.5.0", "4.9.0", "4.14.0", "4.15.0", "5.10.0"}) {
    for (const AtomicPieceCase& known : kAtomicPieces) {
      CAPTURE(release);
      CAPTURE(known.letters);
      EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
      event.zones = {MakeZone(0, "Normal", 80000, 4000, {10000, 0, 0, 1000})};
      event.zones[0].cells[0].migrate_types = "UME";
      event.zones[0].cells[3].migrate_types = std::string(known.letters);
      event.zones[0].free_cma_kb = 0;
      IncidentFacts facts = MakeFacts({event});
      facts.kernel_release = std::string(release);
      PieceRequest request = OrdinaryRequest(3);
      request.gfp = *ReadGfp(std::nullopt, "GFP_ATOMIC", ParseKernelVersion(release));
      CHECK((CheckOf(facts, request).verdict == ZoneVerdict::kServed) == known.served);
    }
  }
}

}  // namespace
}  // namespace kautopsy::test
