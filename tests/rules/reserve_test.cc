#include <doctest/doctest.h>

#include <algorithm>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/left_out.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// A single page that was refused on a small machine with nothing above the marks.
EventFacts RefusedPage(std::string names) {
  EventFacts event = ExhaustedOom();
  event.kind = "alloc_failure";
  event.oom.reset();
  event.kills.clear();
  RefusalFacts refusal;
  refusal.kind = "failure";
  refusal.order = 0;
  refusal.gfp_flags = std::move(names);
  refusal.context = "process";
  event.refusal = refusal;
  event.zones[1].free_kb = 2000;
  event.zones[1].free_list_kb = 2000;
  event.zones[1].cells = {{0, 4, 500, std::nullopt}};
  return event;
}

IncidentFacts OnKernel(EventFacts event, std::string release) {
  IncidentFacts facts = SmallFacts(std::move(event));
  facts.kernel_release = std::move(release);
  RunAgain(facts);
  return facts;
}

// A refused page: who asked, what could be reclaimed, and what is the cause.
struct SpentCase {
  std::string_view names;
  int64_t file_pages;
  int64_t anon_pages;
  int64_t total_swap_kb, free_swap_kb;
  std::string_view cause;
};
constexpr SpentCase kSpent[] = {
    // There is cache or room in swap: kswapd would have made room in a moment.
    {"GFP_ATOMIC", 60000, 170000, 0, 0, "atomic_reserve"},
    {"GFP_ATOMIC", 100, 230000, 1000000, 900000, "atomic_reserve"},
    {"GFP_NOWAIT", 60000, 170000, 0, 0, "atomic_reserve"},
    // Nothing to reclaim: the reserve was only the last that went, whoever holds the rest.
    {"GFP_ATOMIC", 100, 230000, 0, 0, "host_exhausted"},
    {"GFP_ATOMIC", 100, 230000, 1000000, 20, "host_exhausted"},
    {"GFP_ATOMIC", 100, 20000, 0, 0, "host_exhausted"},
};

TEST_CASE("the reserve is the cause only where reclaim could have given memory") {
  for (const SpentCase& known : kSpent) {
    CAPTURE(known.names);
    CAPTURE(known.file_pages);
    CAPTURE(known.anon_pages);
    EventFacts event = RefusedPage(std::string(known.names));
    event.mem->file_pages = known.file_pages;
    event.mem->anon_pages = known.anon_pages;
    event.mem->total_swap_kb = known.total_swap_kb;
    event.mem->free_swap_kb = known.free_swap_kb;
    CHECK(Diagnose(OnKernel(event, "6.1.0-56-amd64")).primary_cause == known.cause);
  }
}

TEST_CASE("memory that nobody can give back is told with who holds it, as far as that is known") {
  EventFacts event = RefusedPage("GFP_ATOMIC");
  event.mem->anon_pages = 20000;
  const Diagnosis diagnosis = Diagnose(OnKernel(event, "6.1.0-56-amd64"));
  CHECK(Mentions(diagnosis.headline, "nothing was left that could be given back"));
  CHECK(Mentions(diagnosis.headline, "% are not itemised."));
  CHECK(diagnosis.confidence == Confidence::kMedium);
  const Finding* const holder = FindFinding(diagnosis, "holder");
  REQUIRE(holder);
  CHECK(holder->role == Role::kContributing);
  CHECK(holder->cause == "unaccounted");
}

// Whether the title may speak of the reserve: by the mask and the kernel.
struct ReserveCase {
  std::string_view names;
  std::string_view release;
  bool reserve;
};
constexpr ReserveCase kReserves[] = {
    {"GFP_ATOMIC", "3.10.0", true},
    {"GFP_ATOMIC", "5.10.0", true},
    {"GFP_ATOMIC", "6.12.0", true},
    {"GFP_NOWAIT", "5.10.0", false},
    {"GFP_NOWAIT", "6.12.0", false},
    {"__GFP_HIGH", "5.10.0", true},
    {"GFP_ATOMIC|__GFP_DMA32", "5.10.0", true},
};

TEST_CASE("a title names the reserve only if the request may use it") {
  for (const ReserveCase& known : kReserves) {
    CAPTURE(known.names);
    CAPTURE(known.release);
    EventFacts event = RefusedPage(std::string(known.names));
    event.mem->file_pages = 60000;
    const std::optional<Finding> finding =
        RuleAtomicReserve(OnKernel(event, std::string(known.release)));
    REQUIRE(finding);
    CHECK(Mentions(finding->title, "used up the reserve") == known.reserve);
    CHECK(Mentions(RecommendationText(*finding), "min_free_kbytes") == known.reserve);
  }
}

// What is kept for larger pieces, and whether this kernel keeps single pages out of it.
struct SinglePageCase {
  std::string_view release;
  bool kept;
};
constexpr SinglePageCase kSinglePages[] = {
    {"4.3.0", false},  {"4.19.0", true},   {"5.15.170", true}, {"5.15.171", false},
    {"6.1.115", true}, {"6.1.116", false}, {"6.6.43", true},   {"6.6.60", false},
    {"6.11.6", true},  {"6.11.7", false},  {"6.12.0", false}};

TEST_CASE("a page that must not wait is not given what is kept for larger pieces before 6.12") {
  for (const SinglePageCase& known : kSinglePages) {
    CAPTURE(known.release);
    EventFacts event = RefusedPage("GFP_ATOMIC");
    event.mem->file_pages = 60000;
    event.zones[1].cells = {{0, 4, 300, "UM"}, {1, 8, 100, "H"}};
    const std::optional<Finding> finding =
        RuleAtomicReserve(OnKernel(event, std::string(known.release)));
    REQUIRE(finding);
    CHECK(Mentions(finding->title, "but for 800 KiB that is kept for larger pieces") == known.kept);
    CHECK(Mentions(finding->explanation, "200 free pages are kept") == known.kept);
    event.zones[1].cells[1].migrate_types = "M";
    const std::optional<Finding> none =
        RuleAtomicReserve(OnKernel(event, std::string(known.release)));
    REQUIRE(none);
    CHECK_FALSE(Mentions(none->title, "kept for larger pieces"));
  }
}

TEST_CASE("without figures it is left open whether pages were kept for larger pieces") {
  EventFacts event = RefusedPage("GFP_ATOMIC");
  event.zones.clear();
  const std::optional<Finding> before = RuleAtomicReserve(OnKernel(event, "6.6.43"));
  REQUIRE(before);
  CHECK(Mentions(before->title, "must not wait, as far as a single page may have it"));
  CHECK(Mentions(RecommendationText(*before), "kernel 6.12 or newer"));
  const std::optional<Finding> mended = RuleAtomicReserve(OnKernel(event, "6.6.60"));
  REQUIRE(mended);
  CHECK_FALSE(Mentions(mended->title, "as far as"));
  CHECK_FALSE(Mentions(RecommendationText(*mended), "kernel 6.12"));
}

TEST_CASE("the reserve is the cause only if no zone passes and one is known to fail") {
  EventFacts event = RefusedPage("GFP_ATOMIC");
  event.mem->file_pages = 60000;
  CHECK(RuleAtomicReserve(OnKernel(event, "6.1.0"))->confidence == Confidence::kHigh);
  event.zones[0].min_kb.reset();
  CHECK(RuleAtomicReserve(OnKernel(event, "6.1.0"))->confidence == Confidence::kMedium);
  event.zones[1].free_kb.reset();
  event.zones[1].free_list_kb.reset();
  event.zones[1].cells.clear();
  CHECK_FALSE(RuleAtomicReserve(OnKernel(event, "6.1.0")));
  event = RefusedPage("GFP_ATOMIC");
  event.mem->file_pages = 60000;
  event.zones[0].lowmem_reserve_pages = {0, 0, 0, 0};
  CHECK_FALSE(RuleAtomicReserve(OnKernel(event, "6.1.0")));
}

TEST_CASE("CMA is told from the letters of the list where its counter is not printed") {
  EventFacts event = RefusedPage("GFP_KERNEL");
  event.zones = {MakeZone(std::nullopt, "Normal", 16104, 2296, {26, 0, 1000})};
  event.zones[0].cells[0].migrate_types = "U";
  event.zones[0].cells[2].migrate_types = "C";
  const std::optional<Finding> finding = RuleCma(OnKernel(event, "3.6.0"));
  REQUIRE(finding);
  CHECK(Mentions(finding->title, "16 MiB free in Normal, 16 MiB of it set aside for devices"));
  CHECK(Mentions(finding->explanation, "by the free list at least 16,000 kB"));
  // Printed, it counts, whatever the letters say.
  event.zones[0].free_cma_kb = 0;
  CHECK_FALSE(RuleCma(OnKernel(event, "3.6.0")));
  // Free CMA that would not have been enough either is not the reason.
  event.zones[0].free_cma_kb = 1600;
  event.zones[0].free_kb = event.zones[0].free_list_kb = 2000;
  event.zones[0].cells = {{0, 4, 500, std::nullopt}};
  CHECK_FALSE(RuleCma(OnKernel(event, "3.6.0")));
}

// PowerMac: the kernel's memory is zone DMA, what is above is HighMem, which is not printed.
EventFacts LowMemoryOnly() {
  EventFacts event = RefusedPage("GFP_ATOMIC");
  event.zones = {MakeZone(std::nullopt, "DMA", 1680, 7548, {420})};
  event.zones[0].low_kb = 8408;
  event.zones[0].high_kb = 9268;
  event.zones[0].present_kb = 786432;
  event.zones[0].lowmem_reserve_pages = {0, 0, 1280, 1280};
  event.mem->free_pages = 2224;
  event.mem->file_pages = 60000;
  return event;
}

TEST_CASE("zones above that are not printed are told by what the printed ones keep back") {
  EventFacts event = LowMemoryOnly();
  LeftOut left_out = LeftOutOf(event);
  CHECK(left_out.above);
  CHECK(left_out.free_kb == (2224 - 420) * 4);
  event.zones[0].lowmem_reserve_pages = {0, 0, 0, 0};
  CHECK_FALSE(LeftOutOf(event).any());
  event.mem->highmem_pages = 327680;
  CHECK(LeftOutOf(event).above);
  event.zones.push_back(MakeZone(std::nullopt, "HighMem", 7216, 512));
  CHECK_FALSE(LeftOutOf(event).above);
}

TEST_CASE("low memory is the cause where the memory above is free but not printed") {
  EventFacts event = LowMemoryOnly();
  const std::optional<Finding> finding = RuleLowZone(OnKernel(event, "6.8.9"));
  REQUIRE(finding);
  CHECK(Mentions(finding->title, "had 7.0 MiB free, but not in the low memory [zone DMA]"));
  CHECK(Mentions(finding->explanation, "windows [HighMem]"));
  // What fills low memory is told as its share of that, not of RAM.
  CHECK(Mentions(finding->explanation, "Low memory is 768 MiB in all"));
  CHECK(Mentions(finding->explanation, "[slab] 20 MiB = 2.5 % and page tables 5.9 MiB = 0.8 %"));
  event.mem->free_pages = 500;
  CHECK_FALSE(RuleLowZone(OnKernel(event, "6.8.9")));
  // A piece of several pages is refused for want of pieces while single pages can be had.
  event = LowMemoryOnly();
  event.refusal->order = 4;
  event.zones[0].cells[0].count = event.zones[0].free_kb.value() / 4;
  event.zones[0].min_kb = 1000;
  CHECK_FALSE(RuleLowZone(OnKernel(event, "6.8.9")));
}

TEST_CASE("sums of zones that are left out on purpose are no contradiction") {
  const auto check = [](const EventFacts& event) {
    for (const SelfCheck& one : RunSelfChecks(OnKernel(event, "6.8.9"))) {
      if (one.name == "zones_free") return one;
    }
    return SelfCheck{};
  };
  EventFacts event = LowMemoryOnly();
  CHECK(check(event).ok);
  CHECK(check(event).note);
  CHECK(Mentions(check(event).text, "zones above"));
  event.zones[0].lowmem_reserve_pages = {0, 0, 0, 0};
  CHECK_FALSE(check(event).ok);
  // One of two nodes is printed, as the request may use no other.
  event.zones[0].node = 0;
  event.refusal->gfp_flags = "GFP_KERNEL";
  event.refusal->mems_allowed = "0";
  event.mem->ram_pages = 400000;
  CHECK(Mentions(check(event).text, "nodes that the request may not use"));
  event.mem->ram_pages = 200000;
  CHECK_FALSE(check(event).ok);
}

TEST_CASE("sums of zones of which lines are lost are not compared") {
  const auto compared = [](const EventFacts& event) {
    const std::vector<SelfCheck> checks = RunSelfChecks(OnKernel(event, "4.18.0"));
    return std::ranges::any_of(checks, [](const SelfCheck& one) {
      return one.name == "zones_free" || one.name == "zones_slab";
    });
  };
  EventFacts event = LowMemoryOnly();
  event.zones[0].lowmem_reserve_pages = {0, 0, 0, 0};
  REQUIRE(compared(event));
  EventFacts cut = event;  // behind the first zone's line
  cut.zones[0].cells.clear();
  CHECK_FALSE(compared(cut));
  cut = event;  // the zones of node 0 are lost
  cut.zones[0].node = 1;
  CHECK_FALSE(compared(cut));
  // More than the counter: lost lines would make that worse.
  cut.mem->free_pages = 10;
  CHECK(compared(cut));
}

// The highatomic reserve as the report prints it, and what is told of it. In KiB; 8000 are free.
struct KeptCase {
  std::string_view release;
  std::string_view letters;
  Integer free_kb;
  std::string_view words;  // of the title; empty: nothing is told
};
constexpr KeptCase kKept[] = {
    {"5.10.0", "UMEH", std::nullopt, "up to 5.9 MiB of node 0 DMA32 are kept"},
    {"5.10.0", "H", std::nullopt, "5.9 MiB of node 0 DMA32 are kept"},
    {"5.10.0", "UME", std::nullopt, "counted 5.9 MiB of node 0 DMA32 as kept"},
    {"6.12.0", "UME", std::nullopt, ""},
    {"6.16.0", "UMEH", 4000, "3.9 MiB of node 0 DMA32 are kept"},
    {"6.16.0", "UMEH", 40, ""},
};

TEST_CASE("what is kept for atomic requests is told by what of it can be free") {
  for (const KeptCase& known : kKept) {
    CAPTURE(known.release);
    CAPTURE(known.letters);
    EventFacts event = ExhaustedOom();
    event.oom->gfp_flags = "GFP_KERNEL";
    event.zones[1] = MakeZone(0, "DMA32", 8000, 8000, {2000});
    event.zones[1].cells[0].migrate_types = std::string(known.letters);
    event.zones[1].reserved_highatomic_kb = 6000;
    event.zones[1].free_highatomic_kb = known.free_kb;
    const std::optional<Finding> finding =
        RuleKeptForAtomic(OnKernel(event, std::string(known.release)));
    REQUIRE(finding.has_value() == !known.words.empty());
    if (finding) CHECK(Mentions(finding->title, known.words));
  }
}

// What the kernel does to make the piece, by the mode and the kernel of the request.
struct CompactionCase {
  std::string_view names;
  std::string_view release;
  std::string_view words;  // of the explanation; empty: nothing is told
};
constexpr CompactionCase kCompactions[] = {
    {"GFP_KERNEL|__GFP_COMP", "6.8.0", ""},
    {"GFP_NOIO|__GFP_COMP", "6.8.0", "joins no pieces"},
    {"GFP_NOFS|__GFP_COMP", "6.8.0", "only pages of programs are moved"},
    {"GFP_NOFS|__GFP_COMP", "4.4.0", "joins no pieces"},
};

TEST_CASE("fragmentation tells how far the request lets the kernel join pieces") {
  for (const CompactionCase& known : kCompactions) {
    CAPTURE(known.names);
    CAPTURE(known.release);
    EventFacts event = RefusedPage(std::string(known.names));
    event.refusal->order = 4;
    event.zones = {MakeZone(0, "Normal", 800000, 8000, {150000, 25000})};
    const std::optional<Finding> finding =
        RuleFragmentation(OnKernel(event, std::string(known.release)));
    REQUIRE(finding);
    CHECK(Mentions(finding->explanation, "joins no pieces") ==
          Mentions(known.words, "joins no pieces"));
    CHECK(Mentions(finding->explanation, known.words));
  }
}

TEST_CASE("shared memory does not make large pieces lack, as it can be moved") {
  EventFacts event = RefusedPage("GFP_KERNEL|__GFP_COMP");
  event.refusal->order = 5;
  event.zones = {MakeZone(0, "Normal", 800000, 8000, {150000, 25000})};
  event.mem->shmem_pages = 150000;
  CHECK_FALSE(RuleHolder(OnKernel(event, "5.9.11")));
  event.mem->shmem_pages = 10;
  event.mem->slab_unreclaimable_pages = 150000;
  CHECK(RuleHolder(OnKernel(event, "5.9.11"))->role == Role::kContributing);
}

TEST_CASE("a raised mark is told only to requests that have to leave it") {
  EventFacts event = RefusedPage("GFP_ATOMIC");
  event.zones[1] = MakeZone(0, "DMA32", 2500, 8000, {625});
  event.zones[1].boost_kb = 4000;
  CHECK_FALSE(RuleRaisedMarks(OnKernel(event, "6.1.0")));
  event.refusal->gfp_flags = "GFP_KERNEL";
  event.zones[1].free_kb = event.zones[1].free_list_kb = 5000;
  event.zones[1].cells[0].count = 1250;
  CHECK(RuleRaisedMarks(OnKernel(event, "6.1.0")));
}

TEST_CASE("a refusal without zones is judged by the memory report right behind it") {
  EventFacts refusal = MakeEvent(1, "alloc_failure");
  refusal.uptime_us = 182258475;
  refusal.refusal = RefusalFacts();
  refusal.refusal->kind = "slub";
  refusal.refusal->order = 0;
  refusal.refusal->gfp_flags = "GFP_ATOMIC";
  EventFacts report = RefusedPage("GFP_ATOMIC");
  report.id = 2;
  report.kind = "mem_info";
  report.refusal.reset();
  report.local_time.reset();
  report.host.reset();
  report.uptime_us = 182268490;
  report.mem->total_swap_kb = 8388604;
  report.mem->free_swap_kb = 8347060;
  const auto diagnose = [&] {
    IncidentFacts facts = SmallFacts(report);
    facts.kernel_release = "6.9.3";
    facts.events.insert(facts.events.begin(), refusal);
    RunAgain(facts);
    return Diagnose(facts);
  };
  const Diagnosis diagnosis = diagnose();
  CHECK(diagnosis.primary_cause == "atomic_reserve");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  report.uptime_us = 195000000;  // too late to tell of it
  CHECK(diagnose().primary_cause != "atomic_reserve");
}

}  // namespace
}  // namespace kautopsy::test
