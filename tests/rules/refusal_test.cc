#include <doctest/doctest.h>

#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/gfp_rights.h"
#include "reports/diagnosis/kernel_version.h"
#include "reports/diagnosis/min_free.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/zone_terms.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// A refusal whose record holds no memory report.
EventFacts Refusal(int order, const std::string& names) {
  EventFacts event = SeedRefusal();
  event.refusal->order = order;
  event.refusal->gfp_mask.reset();
  event.refusal->gfp_flags = names;
  event.refusal->context = "process";
  return event;
}

// What follows from size and mode of a refusal without a memory report.
struct ModeCase {
  int order;
  std::string_view names;
  std::string_view cause;
  Confidence confidence;
};
constexpr ModeCase kModes[] = {
    {0, "GFP_ATOMIC", "atomic_reserve", Confidence::kMedium},
    {0, "GFP_NOWAIT", "atomic_reserve", Confidence::kMedium},
    {0, "GFP_KERNEL", "unknown", Confidence::kLow},
    {0, "GFP_ATOMIC|__GFP_DMA32", "unknown", Confidence::kLow},
    {0, "GFP_ATOMIC|__GFP_THISNODE", "unknown", Confidence::kLow},
    {1, "GFP_ATOMIC", "atomic_high_order", Confidence::kMedium},
    {3, "GFP_KERNEL|__GFP_NORETRY", "unknown", Confidence::kLow},
    {4, "GFP_KERNEL|__GFP_COMP|__GFP_ZERO", "fragmentation", Confidence::kMedium},
    {9, "GFP_NOFS|__GFP_COMP", "fragmentation", Confidence::kLow},
    {4, "GFP_NOIO|__GFP_COMP", "fragmentation", Confidence::kLow},
    {4, "GFP_KERNEL|__GFP_NORETRY", "fragmentation", Confidence::kLow},
    {4, "GFP_KERNEL|__GFP_DMA32", "unknown", Confidence::kLow},
    {11, "GFP_KERNEL", "unknown", Confidence::kLow},
};

TEST_CASE("without a memory report, what was lacking follows from size and mode") {
  for (const ModeCase& known : kModes) {
    CAPTURE(known.names);
    CAPTURE(known.order);
    const Diagnosis diagnosis =
        Diagnose(On(Refusal(known.order, std::string(known.names)), "6.1.0-18-amd64"));
    CHECK(diagnosis.primary_cause == known.cause);
    CHECK(diagnosis.confidence == known.confidence);
  }
}

TEST_CASE("the mode alone says nothing where other records of the incident tell of memory") {
  for (const int order : {0, 4}) {
    IncidentFacts facts = On(Refusal(order, order == 0 ? "GFP_ATOMIC" : "GFP_KERNEL"), "6.1.0");
    facts.events.push_back(ExhaustedOom());
    RunAgain(facts);
    CHECK_FALSE(RuleAtomicReserve(facts));
    CHECK_FALSE(RuleFragmentation(facts));
  }
}

// A page that must not wait; 3/8 of 2,000 pages have to be left.
EventFacts RefusedPage(int64_t counter_kb, int64_t listed_pages) {
  EventFacts event = Refusal(0, "GFP_ATOMIC");
  event.zones = {MakeZone(0, "Normal", counter_kb, 8000, {listed_pages})};
  event.zones[0].present_kb = 4000000;
  return event;
}

TEST_CASE("the counter, which is nearer to the refusal than the list, shows the reserve used up") {
  const std::optional<Finding> before = RuleAtomicReserve(On(RefusedPage(2996, 760), "5.4.26"));
  REQUIRE(before);
  CHECK(before->confidence == Confidence::kHigh);
  CHECK(Mentions(before->explanation, "760 > 750"));
  CHECK(Mentions(before->explanation, "by the counter \"free:\", 749 pages"));
  CHECK(Mentions(before->explanation, "2,000 - 1,000 [half: __GFP_HIGH] - 250"));
  CHECK_FALSE(RuleAtomicReserve(On(RefusedPage(3008, 760), "5.4.26")));
}

TEST_CASE("a larger reserve is advised with its value, risk and check") {
  EventFacts event = RefusedPage(2000, 500);
  event.zones.push_back(MakeZone(0, "HighMem", 400, 512));
  event.zones.insert(event.zones.begin(), MakeZone(0, "DMA", 400, 64));
  for (ZoneFacts& zone : event.zones) zone.lowmem_reserve_pages = {0, 0, 0, 0};
  event.zones[1].boost_kb = 2000;
  CHECK(MinFreeKb(On(event, "6.1.0"), event) == 6064);
  event.zones[1].boost_kb.reset();
  CHECK(MinFreeKb(On(event, "6.1.0"), event) == 8064);
  event.zones.pop_back();
  const IncidentFacts facts = On(event, "6.1.0");
  const std::optional<Advice> advice = RaiseMinFree(facts, event);
  REQUIRE(advice);
  // 0.5 % of 16 GiB, in whole MiB.
  CHECK(advice->act == "vm.min_free_kbytes=83968 (now 8,064 = sum of min)");
  CHECK_FALSE(advice->risk.empty());
  CHECK(Mentions(advice->check, "page allocation failure"));
  event.zones[0].min_kb = 800000;
  CHECK_FALSE(RaiseMinFree(On(event, "6.1.0"), event));
  event.zones[0].min_kb.reset();
  CHECK_FALSE(MinFreeKb(facts, event));
  CHECK(Mentions(RaiseMinFree(On(event, "6.1.0"), event)->act, "twice its present value"));
}

// A zone of 14 GiB with a plain min of 52,912 KiB: a quarter of it lies between the marks.
ZoneFacts BoostedZone(int64_t boost_kb) {
  ZoneFacts zone = MakeZone(0, "Normal", 28956, 52912 + boost_kb, {7239});
  zone.low_kb = *zone.min_kb + 13228;
  zone.present_kb = 13000000;
  zone.managed_kb = 12900000;
  zone.lowmem_reserve_pages = {0, 0, 0};
  return zone;
}

TEST_CASE("a boost that is not printed shows in the distance of the marks") {
  const KernelVersion kernel = ParseKernelVersion("5.4.30");
  CHECK(BoostKb(BoostedZone(24580), kernel) == 24580);
  CHECK(BoostKb(BoostedZone(0), kernel) == 0);
  CHECK(BoostKb(BoostedZone(12), kernel) == 0);  // what a quarter in whole pages leaves
  CHECK(BoostKb(BoostedZone(24580), ParseKernelVersion("4.19.0")) == 0);
  CHECK(BoostKb(BoostedZone(24580), ParseKernelVersion("6.1.0")) == 0);  // it would be printed
  ZoneFacts zone = BoostedZone(24580);
  zone.managed_kb = 13300000;  // watermark_scale_factor may have made the distance
  CHECK_FALSE(BoostKb(zone, kernel));
  zone.boost_kb = 24576;
  CHECK(BoostKb(zone, kernel) == 24576);
}

TEST_CASE("a page that only the boost of the marks kept back is explained by it") {
  EventFacts event = Refusal(0, "GFP_ATOMIC");
  event.zones = {BoostedZone(24580)};
  const std::optional<Finding> boosted = RuleAtomicReserve(On(event, "5.4.30"));
  REQUIRE(boosted);
  CHECK(Mentions(boosted->explanation, "without it the zone would have had a page"));
  CHECK(Mentions(boosted->advice.at(0).act, "vm.watermark_boost_factor=0"));
  CHECK(Mentions(RecommendationText(*boosted), "(now 52,912 = sum of min without its boost)"));
  // Far below the plain mark, too.
  event.zones[0].free_kb = 8000;
  event.zones[0].cells[0].count = 2000;
  event.zones[0].free_list_kb = 8000;
  const std::optional<Finding> spent = RuleAtomicReserve(On(event, "5.4.30"));
  REQUIRE(spent);
  CHECK_FALSE(Mentions(RecommendationText(*spent), "watermark_boost_factor"));
  // Whether a boost is in it cannot be told.
  event.zones[0].managed_kb = 13300000;
  CHECK(
      Mentions(RecommendationText(*RuleAtomicReserve(On(event, "5.4.30"))),
               "(now at most 77,492, the sum of min: this kernel does not print the boost in it)"));
}

TEST_CASE("no larger reserve is advised where memory is far above the marks, but in small pieces") {
  EventFacts event = Refusal(4, "GFP_ATOMIC");
  event.zones = {MakeZone(0, "Normal", 40000, 1000, {10000, 0, 0, 0, 0})};
  const std::optional<Finding> pieces = RuleAtomicHighOrder(On(event, "6.1.0"));
  REQUIRE(pieces);
  CHECK_FALSE(Mentions(RecommendationText(*pieces), "min_free_kbytes"));
  CHECK(Mentions(RecommendationText(*pieces), "compaction_proactiveness"));
  event.zones = {MakeZone(0, "Normal", 12000, 8000, {3000, 0, 0, 0, 0})};
  const std::optional<Finding> scarce = RuleAtomicHighOrder(On(event, "6.1.0"));
  REQUIRE(scarce);
  CHECK(Mentions(RecommendationText(*scarce), "vm.min_free_kbytes="));
}

// Whose request no mark holds back.
struct MemallocCase {
  std::string_view comm, context, names, frame;
  bool ignores_marks;
};
constexpr MemallocCase kMemalloc[] = {
    {"kswapd0", "process", "GFP_NOIO", "kthread", true},
    {"kswapd12", "process", "GFP_KERNEL", "kthread", true},
    {"kswapd0", "softirq", "GFP_ATOMIC", "kthread", false},
    {"kswapd0", "process", "GFP_NOIO|__GFP_NOMEMALLOC", "kthread", false},
    {"kswapd-x", "process", "GFP_NOIO", "kthread", false},
    {"java", "process", "GFP_NOIO", "try_to_free_pages", true},
    {"java", "process", "GFP_NOIO", "try_to_compact_pages", true},
    {"java", "irq", "GFP_ATOMIC", "try_to_free_pages", false},
    {"java", "process", "GFP_NOIO", "filemap_fault", false},
};

TEST_CASE("the request of a task that frees memory itself is tested against zero") {
  for (const MemallocCase& known : kMemalloc) {
    CAPTURE(known.comm);
    CAPTURE(known.context);
    CAPTURE(known.frame);
    EventFacts event = Refusal(0, std::string(known.names));
    event.refusal->comm = std::string(known.comm);
    event.refusal->context = std::string(known.context);
    event.frames = {{std::string(known.frame), std::nullopt, std::nullopt, true}};
    event.zones = {MakeZone(0, "Normal", 40, 8000, {10})};
    const IncidentFacts facts = On(event, "6.1.0");
    const ZoneCheck& check = facts.events.front().rerun->checks.front();
    CHECK((check.mark_pages == 0) == known.ignores_marks);
    CHECK((check.verdict == ZoneVerdict::kServed) == known.ignores_marks);
  }
}

TEST_CASE("kswapd's own page that is refused says that the last reserve is used up") {
  EventFacts event = Refusal(0, "GFP_NOIO");
  event.refusal->comm = "kswapd0";
  event.zones = {MakeZone(0, "Normal", 0, 8000, {0})};
  const std::optional<Finding> finding = RuleAtomicReserve(On(event, "6.1.0"));
  REQUIRE(finding);
  CHECK(Mentions(finding->title, "even for a task that frees memory"));
  CHECK(Mentions(finding->explanation, "nothing is left"));
}

TEST_CASE("a mask that makes no sense in the release is read as another kernel's") {
  EventFacts event = ExhaustedOom();
  REQUIRE(event.oom->gfp_mask == 0x201da);
  for (const char* const release : {"7.9.0-foo", "99.9.0", "2.6.32-431.el6.x86_64"}) {
    CAPTURE(release);
    const IncidentFacts facts = On(event, release);
    const std::optional<PieceRequest> request = RequestOf(facts, facts.events.front());
    REQUIRE(request);
    CHECK_FALSE(request->gfp.memalloc);
    CHECK(request->gfp.highest == HighestZone::kMovable);
  }
}

TEST_CASE("memory between min and high is not in plenty, so that it was used up is not ruled out") {
  EventFacts event = Refusal(3, "GFP_KERNEL");
  event.mem = MemInfoFacts();
  event.zones = {MakeZone(0, "Normal", 9000, 8000, {2250, 0, 0, 0})};
  CHECK_FALSE(RuleMemoryUsedUp(On(event, "6.1.0")));
  event.zones = {MakeZone(0, "Normal", 90000, 8000, {22500, 0, 0, 0})};
  CHECK(RuleMemoryUsedUp(On(event, "6.1.0")));
}

TEST_CASE("the driver whose device needs low memory is named where the trace shows it") {
  EventFacts event = Refusal(0, "GFP_NOIO|__GFP_DMA32");
  event.zones = {MakeZone(0, "DMA32", 4000, 8000, {1000}),
                 MakeZone(0, "Normal", 900000, 8000, {225000})};
  for (ZoneFacts& zone : event.zones) zone.lowmem_reserve_pages = {0, 0, 0, 0};
  event.frames = {{"__alloc_pages_nodemask", std::nullopt, std::nullopt, true},
                  {"mhi_alloc_aligned_ring", "mhi", std::nullopt, true}};
  CHECK(Mentions(RecommendationText(*RuleLowZone(On(event, "6.1.0"))), "maintainers of mhi"));
  CHECK(RuleLowZone(On(event, "6.1.0"))->confidence == Confidence::kHigh);
  // Below the high mark, but by the figures it would pass.
  event.zones[0].free_kb = event.zones[0].free_list_kb = 10000;
  event.zones[0].cells[0].count = 2500;
  CHECK(RuleLowZone(On(event, "6.1.0"))->confidence == Confidence::kMedium);
  event.frames.clear();
  CHECK(Mentions(RecommendationText(*RuleLowZone(On(event, "6.1.0"))), "find the driver"));
}

TEST_CASE("a contiguous area that had no room is the cause, by the error of its allocator") {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  3 04:17:12");
  event.refusal = RefusalFacts();
  event.refusal->size_pages = 75;
  event.refusal->error = 16;
  Diagnosis diagnosis = Diagnose(SmallFacts(event));
  CHECK(diagnosis.primary_cause == "cma");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  const Finding* finding = FindFinding(diagnosis, "cma_area");
  REQUIRE(finding);
  CHECK(finding->explanation.find("could not be moved [EBUSY]") != std::string::npos);
  CHECK(finding->advice.size() == 2);
  event.refusal->error = 12;
  event.refusal->area_free_pages = 1240;
  event.refusal->area_total_pages = 65536;
  event.refusal->area_largest_pages = 1176;
  diagnosis = Diagnose(SmallFacts(event));
  finding = FindFinding(diagnosis, "cma_area");
  REQUIRE(finding);
  CHECK(finding->explanation.find("the largest hole has 1,176") != std::string::npos);
  CHECK(finding->advice.at(0).act.find("(now 256 MiB)") != std::string::npos);
  event.refusal->error.reset();
  CHECK(Diagnose(SmallFacts(event)).confidence == Confidence::kLow);
}

TEST_CASE("the title tells of a contiguous area what its list of free pages shows") {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  3 04:17:12");
  event.refusal = RefusalFacts();
  event.refusal->size_pages = 2000;
  event.refusal->error = 16;
  event.refusal->area_total_pages = 65536;
  event.refusal->area_free_pages = 2540;
  event.refusal->area_largest_pages = 2536;
  const auto title = [&] { return RuleCmaArea(SmallFacts(event))->title; };
  CHECK(Mentions(title(),
                 "'s contiguous area [CMA] had a free run of 2,536 pages, more than the "
                 "2,000 asked for, but pages between could not be moved."));
  event.refusal->area_largest_pages = 1536;
  event.refusal->error = 12;
  CHECK(Mentions(title(),
                 "had no 2,000 pages in one piece for a device: its largest free run has "
                 "1,536."));
}

// A refusal of a page to task 700, `seconds` after the OOM killer killed `victim`; the zone has
// less than half of its mark free.
IncidentFacts AfterKill(int64_t victim, int64_t seconds, const std::string& release) {
  EventFacts kill = ExhaustedOom();
  kill.id = 1;
  kill.time_us = 0;
  kill.kills[0].pid = victim;
  EventFacts refusal = Refusal(0, "GFP_KERNEL");
  refusal.id = 2;
  refusal.host = kill.host;
  refusal.boot_id = kill.boot_id;
  refusal.local_time.reset();
  kill.local_time.reset();
  refusal.time_us = seconds * 1000000;
  refusal.refusal->pid = 700;
  refusal.refusal->comm = kill.kills[0].comm;
  refusal.zones = {MakeZone(std::nullopt, "Normal", 400, 1000, {100, 0, 0})};
  refusal.zones[0].lowmem_reserve_pages = {0};
  for (FreeCell& cell : refusal.zones[0].cells) cell.migrate_types = "U";
  IncidentFacts facts = MakeFacts({std::move(kill), std::move(refusal)});
  facts.kernel_release = release;
  RunAgain(facts);
  return facts;
}

TEST_CASE(
    "a task that the OOM killer had killed takes of the reserve, and its refusal is harmless") {
  const IncidentFacts killed = AfterKill(700, 3, "5.10.0");
  const EventFacts& refusal = killed.events[1];
  REQUIRE(refusal.rerun);
  CHECK(refusal.rerun->request.dying);
  CHECK(refusal.rerun->checks[0].mark_pages ==
        125);  // half of 250: more than the 100 that are free
  CHECK(refusal.rerun->served == false);
  CHECK(IsHarmlessRefusal(killed, refusal));
  const auto finding = RuleRefusedAllocation(killed);
  REQUIRE(finding);
  CHECK(Mentions(finding->title, "harmless: the OOM killer had killed it before"));
  CHECK(Mentions(finding->explanation, "a consequence of the kill"));
  CHECK(finding->advice.empty());

  const IncidentFacts old = AfterKill(700, 3, "3.10.0");  // no mark holds it
  CHECK(old.events[1].rerun->served == true);
  for (const IncidentFacts& other :
       {AfterKill(701, 3, "5.10.0"), AfterKill(700, 90, "5.10.0"), AfterKill(700, -3, "5.10.0")}) {
    CHECK_FALSE(other.events[1].rerun->request.dying);
    CHECK(other.events[1].rerun->checks[0].mark_pages == 250);
    CHECK_FALSE(IsHarmlessRefusal(other, other.events[1]));
  }
}

TEST_CASE("a dying task's share of the reserve is that of its kernel") {
  PieceRequest request = OrdinaryRequest(0);
  request.dying = true;
  CHECK(MarkFor(1000, RightsOf(request, WatermarkRule::k44)) == 500);
  request.gfp.high = request.gfp.atomic = true;
  request.gfp.may_reclaim = false;
  CHECK(MarkFor(1000, RightsOf(request, WatermarkRule::k44)) == 250);  // no quarter besides
  CHECK(MarkFor(1000, RightsOf(request, WatermarkRule::k63)) == 188);  // 1000/2, 3/4, 1/2
  CHECK(RightsOf(request, WatermarkRule::k44).atomic_blocks);
  request.dying = false;
  CHECK(MarkFor(1000, RightsOf(request, WatermarkRule::k44)) == 375);
}

TEST_CASE("a request that had to wait for a page tells of the same shortage as a kill") {
  EventFacts stalled = ExhaustedOom();
  stalled.kind = "alloc_stall";
  stalled.kills.clear();
  stalled.oom.reset();
  stalled.refusal = RefusalFacts();
  stalled.refusal->stall_ms = 10646;
  stalled.refusal->order = 0;
  stalled.refusal->gfp_mask = 0x201da;
  stalled.zones[1].min_kb = 6600;
  stalled.zones[1].low_kb = 8250;
  stalled.zones[1].high_kb = 9900;
  const IncidentFacts facts = SmallFacts(stalled);
  CHECK(facts.events[0].rerun->single_served == true);
  CHECK(Diagnose(facts).primary_cause == "host_exhausted");
  CHECK(Mentions(ReadCallPath(facts, facts.events[0]).meaning, "goes on waiting"));
}

}  // namespace
}  // namespace kautopsy::test
