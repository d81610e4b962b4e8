#include <doctest/doctest.h>

#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

EventFacts WithSwap(int64_t total_kb, int64_t free_kb) {
  EventFacts event = ExhaustedOom();
  event.mem->total_swap_kb = total_kb;
  event.mem->free_swap_kb = free_kb;
  return event;
}

TEST_CASE("the state of swap is told where it says something") {
  CHECK(Mentions(RuleSwapState(SmallFacts(WithSwap(0, 0)))->title, "has no swap"));
  CHECK(Mentions(RuleSwapState(SmallFacts(WithSwap(1000000, 20)))->title, "used up its swap"));
  CHECK(RuleSwapState(SmallFacts(WithSwap(1000000, 900000)))->confidence == Confidence::kLow);
  CHECK_FALSE(RuleSwapState(SmallFacts(WithSwap(1000000, 300000))));
  EventFacts unknown = ExhaustedOom();
  unknown.mem->total_swap_kb.reset();
  CHECK_FALSE(RuleSwapState(SmallFacts(unknown)));
}

// Swap used up, and how much of it the table's programs have. In pages of 250,000.
struct SwapCase {
  Integer programs_pages;
  std::string_view words;  // empty: nothing is told
};
constexpr SwapCase kSwaps[] = {
    {240000, "It holds memory of programs"},
    {100000, "Programs had at most 391 MiB of the 977 MiB in it; the rest is shared memory"},
    {0, "Programs had at most 0 KiB of the 977 MiB in it"},
    {std::nullopt, ""},
};

TEST_CASE("a table of some nodes' programs, or a broken one, does not tell what lies in swap") {
  EventFacts event = WithSwap(1000000, 20);
  event.tasks.swap_pages = 100000;
  event.oom->constraint_kind = "cpuset";
  CHECK_FALSE(Mentions(RuleSwapState(SmallFacts(event))->explanation, "in it"));
  event.oom->constraint_kind = "none";
  CHECK(Mentions(RuleSwapState(SmallFacts(event))->explanation, "in it"));
  event.complete = false;
  CHECK_FALSE(Mentions(RuleSwapState(SmallFacts(event))->explanation, "in it"));
}

TEST_CASE("what lies in swap is told as the programs' or as that of shared memory") {
  for (const SwapCase& known : kSwaps) {
    CAPTURE(known.words);
    EventFacts event = WithSwap(1000000, 20);
    event.tasks.swap_pages = known.programs_pages;
    const std::string text = RuleSwapState(SmallFacts(event))->explanation;
    CHECK(Mentions(text, known.words));
    CHECK(Mentions(text, "in it") == Mentions(std::string(known.words), "in it"));
  }
}

TEST_CASE("that reclaim gave up counts only for zones that have something to reclaim") {
  EventFacts event = ExhaustedOom();
  event.zones[0].all_unreclaimable = true;
  CHECK_FALSE(RuleGaveUp(SmallFacts(event)));
  event.zones[0].inactive_anon_kb = 12;
  CHECK(Mentions(RuleGaveUp(SmallFacts(event))->title, "node 0 DMA"));
  event.zones[0].all_unreclaimable.reset();
  CHECK_FALSE(RuleGaveUp(SmallFacts(event)));
  event.nodes = {{1, std::nullopt, std::nullopt, true}};
  CHECK(Mentions(RuleGaveUp(SmallFacts(event))->title, "node 1"));
}

TEST_CASE("memory above the mark that the reserve keeps back is told") {
  const std::optional<Finding> finding = RuleKeptBack(SmallFacts(ExhaustedOom()));
  REQUIRE(finding);
  CHECK(Mentions(finding->title, "kept back"));
  EventFacts event = ExhaustedOom();
  event.zones[0].lowmem_reserve_pages.clear();
  event.zones.erase(event.zones.begin());
  CHECK_FALSE(RuleKeptBack(SmallFacts(event)));
}

TEST_CASE("a zone that fails only for its raised mark is told") {
  EventFacts event = ExhaustedOom();
  event.zones[1].boost_kb = 4000;
  CHECK(Mentions(RuleRaisedMarks(SmallFacts(event))->explanation, "3.9 MiB of that is a boost"));
  event.zones[1].boost_kb = 100;
  CHECK_FALSE(RuleRaisedMarks(SmallFacts(event)));
  event.zones[1].boost_kb.reset();
  CHECK_FALSE(RuleRaisedMarks(SmallFacts(event)));
}

TEST_CASE("pages kept for requests that must not wait are told to one that may") {
  EventFacts event = ExhaustedOom();
  event.zones[1].reserved_highatomic_kb = 2048;
  CHECK(RuleKeptForAtomic(SmallFacts(event))->confidence == Confidence::kMedium);
  event.zones[1].free_highatomic_kb = 2048;
  CHECK(RuleKeptForAtomic(SmallFacts(event))->confidence == Confidence::kHigh);
  event.zones[1].free_highatomic_kb = 0;
  CHECK_FALSE(RuleKeptForAtomic(SmallFacts(event)));
  CHECK_FALSE(RuleKeptForAtomic(SmallFacts(ExhaustedOom())));
}

TEST_CASE("free pages on the lists of CPUs are told if they are many") {
  EventFacts event = ExhaustedOom();
  event.mem->free_pcp_pages = 4000;
  CHECK(RuleParkedPages(SmallFacts(event)));
  event.mem->free_pcp_pages = 40;
  CHECK_FALSE(RuleParkedPages(SmallFacts(event)));
  CHECK_FALSE(RuleParkedPages(SmallFacts(ExhaustedOom())));
}

TEST_CASE("many pages in the hands of reclaim hint at a kill that came too early") {
  EventFacts event = ExhaustedOom();
  event.mem->isolated_pages = 60000;
  CHECK(RuleIsolatedPages(SmallFacts(event))->confidence == Confidence::kLow);
  event.mem->isolated_pages = 64;
  CHECK_FALSE(RuleIsolatedPages(SmallFacts(event)));
  CHECK_FALSE(RuleIsolatedPages(SmallFacts(ExhaustedOom())));
}

TEST_CASE("a node without memory beside one that has plenty is told, and kills nothing by itself") {
  EventFacts event = ExhaustedOom();
  event.zones = {MakeZone(0, "Normal", 9000, 8000), MakeZone(1, "Normal", 800000, 8000)};
  const std::optional<Finding> finding = RuleNumaImbalance(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->role == Role::kContext);
  CHECK(Mentions(finding->title, "node 0 had 8.8 MiB free, node 1 781 MiB"));
  event.zones[1].free_kb = 9000;
  CHECK_FALSE(RuleNumaImbalance(SmallFacts(event)));
  event.zones[0].node.reset();
  CHECK_FALSE(RuleNumaImbalance(SmallFacts(event)));
}

TEST_CASE("a request bound to a node that the text does not name is a cause of low confidence") {
  EventFacts event = SeedRefusal();
  event.refusal->gfp_mask.reset();
  event.refusal->gfp_flags = "GFP_KERNEL|__GFP_THISNODE";
  event.zones = {MakeZone(0, "Normal", 7000, 8000, {1750, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                 MakeZone(1, "Normal", 800000, 8000, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 200})};
  const std::optional<Finding> finding = RuleBoundToNode(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->cause == "numa_constraint");
  CHECK(finding->confidence == Confidence::kLow);
  event.refusal->gfp_flags = "GFP_KERNEL";
  CHECK_FALSE(RuleBoundToNode(SmallFacts(event)));
}

TEST_CASE("shares of RAM below a third are told from a size on that is not usual") {
  EventFacts event = ExhaustedOom();
  CHECK_FALSE(RuleSlabShare(SmallFacts(event)));
  CHECK_FALSE(RulePageTableShare(SmallFacts(event)));
  CHECK_FALSE(RuleShmemShare(SmallFacts(event)));
  CHECK_FALSE(RuleLockedShare(SmallFacts(event)));
  event.mem->slab_unreclaimable_pages = 30000;
  event.mem->pagetables_pages = 6000;
  event.mem->shmem_pages = 30000;
  event.mem->unevictable_pages = 30000;
  CHECK(RuleSlabShare(SmallFacts(event))->cause == "slab_leak");
  CHECK(RulePageTableShare(SmallFacts(event))->cause == "pagetables");
  CHECK(RuleShmemShare(SmallFacts(event))->cause == "shmem");
  CHECK(RuleLockedShare(SmallFacts(event))->cause == "mlocked");
  event.mem->shmem_pages = 150000;  // that is the cause then
  CHECK_FALSE(RuleShmemShare(SmallFacts(event)));
  event.mem->slab_unreclaimable_pages.reset();
  CHECK_FALSE(RuleSlabShare(SmallFacts(event)));
}

TEST_CASE("caches that did not shrink are explained by a request that may not enter file systems") {
  EventFacts event = ExhaustedOom();
  event.mem->slab_reclaimable_pages = 60000;
  CHECK(RuleReclaimableSlab(SmallFacts(event))->confidence == Confidence::kLow);
  event.oom->gfp_mask.reset();
  event.oom->gfp_flags = "GFP_NOFS";
  CHECK(RuleReclaimableSlab(SmallFacts(event))->confidence == Confidence::kMedium);
  event.mem->slab_reclaimable_pages.reset();
  CHECK_FALSE(RuleReclaimableSlab(SmallFacts(event)));
}

TEST_CASE("programs' memory that is mostly huge pages is told at a shortage") {
  EventFacts event = ExhaustedOom();
  event.nodes = {{0, 700000, std::nullopt, std::nullopt}};
  CHECK(RuleHugeAnon(SmallFacts(event)));
  event.nodes[0].anon_thp_kb = 100000;
  CHECK_FALSE(RuleHugeAnon(SmallFacts(event)));
  CHECK_FALSE(RuleHugeAnon(SmallFacts(ExhaustedOom())));
}

TEST_CASE("a known fault is hinted at for its versions and its situation only") {
  EventFacts event = ExhaustedOom();
  event.oom->order = 2;
  event.kernel_release = "4.7.2-1-default";
  CHECK(RuleKnownRegression(SmallFacts(event))->confidence == Confidence::kLow);
  event.kernel_release = "4.9.0-1-default";
  CHECK_FALSE(RuleKnownRegression(SmallFacts(event)));
  event.kernel_release = "4.7.2-1-default";
  event.oom->order = 0;
  CHECK_FALSE(RuleKnownRegression(SmallFacts(event)));
  event.oom->constraint_kind = "memcg";
  event.kernel_release = "6.7.4-arch1-1";
  event.group.stat_kb = {{"file", 30000}, {"file_dirty", 20000}, {"file_writeback", 5000}};
  CHECK(Mentions(RuleKnownRegression(SmallFacts(event))->title, "6.1 to 6.12"));
  event.kernel_release = "6.12.103";
  CHECK(RuleKnownRegression(SmallFacts(event)));
  event.kernel_release = "6.12.104";  // a stable release with the mend
  CHECK_FALSE(RuleKnownRegression(SmallFacts(event)));
  event.kernel_release = "6.7.4-arch1-1";
  event.group.stat_kb.clear();
  CHECK_FALSE(RuleKnownRegression(SmallFacts(event)));
}

TEST_CASE("builds that are known to have a fault weigh more than a range of releases") {
  EventFacts event = ExhaustedOom();
  event.oom->order = 2;
  event.kernel_release = "4.4.0-59-generic";
  const std::optional<Finding> finding = RuleKnownRegression(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(finding->advice.at(0).act == "kernel 4.4.0-63 or newer");
  event.kernel_release = "4.4.0-63-generic";
  CHECK_FALSE(RuleKnownRegression(SmallFacts(event)));
}

TEST_CASE("where the release is not in the text, the names of the mask tell which it may be") {
  EventFacts event = ExhaustedOom();
  event.oom->order = 2;
  event.oom->gfp_mask = 0x27000c0;
  event.oom->gfp_flags = "GFP_KERNEL_ACCOUNT|__GFP_NOTRACK";  // as 4.6 to 4.9 print it
  IncidentFacts facts = SmallFacts(event);
  facts.kernel_release.reset();
  RunAgain(facts);
  const std::optional<Finding> finding = RuleKnownRegression(facts);
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kLow);
  CHECK(Mentions(finding->advice.at(0).act, "kernel 4.9 or newer, if uname -r shows"));
  facts.events[0].oom->gfp_mask = 0x14000c0;
  facts.events[0].oom->gfp_flags = "GFP_KERNEL";  // as 4.10 to 4.17 print it
  CHECK_FALSE(RuleKnownRegression(facts));
}

TEST_CASE("a known fault of one builder's kernels is told with what helps there") {
  EventFacts event = ExhaustedOom();
  event.zones = {MakeZone(std::nullopt, "DMA", 3000, 3700, {700, 20}),
                 MakeZone(std::nullopt, "HighMem", 900, 512, {200, 10})};
  event.kernel_release = "6.1.19-v7l+";
  const std::optional<Finding> finding = RuleKnownRegression(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->advice.at(0).act == "echo 0 > /sys/kernel/mm/lru_gen/enabled");
  event.kernel_release = "6.1.19-armmp";
  CHECK_FALSE(RuleKnownRegression(SmallFacts(event)));
  event.kernel_release = "6.1.19-v7l+";
  event.zones[1].zone = "Normal";  // a 64-bit kernel
  CHECK_FALSE(RuleKnownRegression(SmallFacts(event)));
}

TEST_CASE("a refusal on the way to or from sleep is told") {
  EventFacts event = SeedRefusal();
  CHECK_FALSE(RuleResume(MakeFacts({event})));
  event.frames.push_back({"hibernation_snapshot", std::nullopt, std::nullopt, false});
  CHECK_FALSE(RuleResume(MakeFacts({event})));
  event.frames.back().reliable = true;
  CHECK(RuleResume(MakeFacts({event})));
}

EventFacts KillAt(int64_t id, std::string time, std::string comm) {
  EventFacts event = MakeEvent(id, "oom", std::move(time));
  KillFacts kill;
  kill.pid = 100 + id;
  kill.comm = std::move(comm);
  event.kills = {kill};
  return event;
}

TEST_CASE("kills that follow each other are a storm, repeated lines and far apart ones are none") {
  const EventFacts first = KillAt(1, "Nov 24 10:00:00", "worker");
  const EventFacts second = KillAt(2, "Nov 24 10:00:20", "worker");
  const EventFacts third = KillAt(3, "Nov 24 10:01:00", "worker");
  const std::optional<Finding> storm = RuleKillStorm(MakeFacts({first, second, third}));
  REQUIRE(storm);
  CHECK(Mentions(storm->title, "killed 3 programs within 1 min"));
  CHECK(Mentions(storm->explanation, "worker was killed 3 times"));
  CHECK_FALSE(RuleKillStorm(MakeFacts({first, second})));
  EventFacts group = first;
  group.kills.resize(3, group.kills[0]);
  CHECK_FALSE(RuleKillStorm(MakeFacts({group})));
  EventFacts repeated = third;
  repeated.kills[0].repeated = true;
  CHECK_FALSE(RuleKillStorm(MakeFacts({first, second, repeated})));
  CHECK_FALSE(RuleKillStorm(MakeFacts({first, second, KillAt(3, "Nov 24 12:00:00", "worker")})));
}

TEST_CASE("a pod that died for the host is told apart from one that met its limit") {
  EventFacts event = ExhaustedOom();
  event.oom->workload_kind = "pod";
  event.oom->workload = "0a1b2c";
  CHECK(Mentions(RulePodBelowLimit(SmallFacts(event))->title, "pod 0a1b2c"));
  event.oom->constraint_kind = "memcg";
  CHECK_FALSE(RulePodBelowLimit(SmallFacts(event)));
  event.oom->constraint_kind.reset();
  CHECK_FALSE(RulePodBelowLimit(SmallFacts(event)));
  CHECK_FALSE(RulePodBelowLimit(SmallFacts(ExhaustedOom())));
}

TEST_CASE("memory reports of one boot whose low zones differ are of different machines") {
  EventFacts one = ExhaustedOom();
  EventFacts other = ExhaustedOom();
  one.boot_id = other.boot_id = 1;
  other.id = 2;
  CHECK_FALSE(RuleMixedMachines(MakeFacts({one, other})));
  other.zones[0].present_kb = 780000;
  CHECK(RuleMixedMachines(MakeFacts({one, other})));
  other.boot_id = 2;
  CHECK_FALSE(RuleMixedMachines(MakeFacts({one, other})));
}

}  // namespace
}  // namespace kautopsy::test
