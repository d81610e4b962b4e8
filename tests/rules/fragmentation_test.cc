#include <doctest/doctest.h>

#include <algorithm>
#include <utility>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/missing.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

TEST_CASE("the seed case is fragmentation, with guests that filled the host beside it") {
  const Diagnosis diagnosis = Diagnose(SeedFacts());
  CHECK(diagnosis.primary_cause == "fragmentation");
  CHECK(diagnosis.confidence == Confidence::kHigh);
  CHECK(diagnosis.severity == Severity::kMajor);
  CHECK(diagnosis.victims == "qemu_wl52:3878");
  const Finding* const overcommit = FindFinding(diagnosis, "vm_overcommit");
  REQUIRE(overcommit);
  CHECK(overcommit->role == Role::kContributing);
  const Finding* const used_up = FindFinding(diagnosis, "memory_used_up");
  REQUIRE(used_up);
  CHECK(used_up->role == Role::kRuledOut);
  CHECK(Mentions(used_up->explanation, "149 x min"));
  CHECK(Mentions(used_up->explanation, "955 x min"));
}

TEST_CASE("the headline keeps the days apart") {
  const std::string headline = Diagnose(SeedFacts()).headline;
  CHECK(Mentions(headline,
                 "On Nov 20 wv2-f302 had 47.7 GiB of memory free, but in pieces of 4 and 8 KiB"));
  CHECK(Mentions(headline, "On Oct 27 the kernel had killed guest wl52."));
}

TEST_CASE("a memory report alone supports fragmentation with medium confidence") {
  const std::optional<Finding> finding = RuleFragmentation(MakeFacts({SeedMemInfo()}));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(Mentions(finding->explanation, "1,648,021 > 11,089"));
}

TEST_CASE("without a memory report nothing is said of fragmentation") {
  CHECK_FALSE(RuleFragmentation(MakeFacts({SeedKill(), SeedRefusal()})));
}

TEST_CASE("a machine that serves ordinary requests is not fragmented") {
  EventFacts event = SeedMemInfo();
  event.zones[2].cells[5].count = 100000;
  event.zones[2].free_list_kb = *event.zones[2].free_list_kb + 128 * 100000;
  CHECK_FALSE(RuleFragmentation(MakeFacts({event})));
}

TEST_CASE("an exhausted machine is not called fragmented") {
  CHECK_FALSE(RuleFragmentation(SmallFacts(ExhaustedOom())));
}

TEST_CASE("a refused order 2 request that could reclaim is fragmentation, surely") {
  EventFacts event = SeedMemInfo();
  event.kind = "oom";
  event.oom = OomFacts();
  event.oom->order = 2;
  event.oom->gfp_mask = 0xd0;
  const std::optional<Finding> finding = RuleFragmentation(MakeFacts({event}));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kHigh);
}

TEST_CASE("whether the kernel compacted is asked only where it was allowed to") {
  const auto asks = [](const std::string& names) {
    EventFacts event = SeedMemInfo();
    event.refusal = SeedRefusal().refusal;
    event.refusal->gfp_mask.reset();
    event.refusal->gfp_flags = names;
    IncidentFacts facts = MakeFacts({event});
    facts.kernel_release = "6.8.0";
    RunAgain(facts);
    REQUIRE(ShowsFragmentation(facts.events[0]));
    const std::vector<Missing> missing = FindMissing(facts);
    return std::any_of(missing.begin(), missing.end(), [](const Missing& one) {
      return one.find_out.find("grep compact") != std::string::npos;
    });
  };
  CHECK(asks("GFP_KERNEL"));
  CHECK_FALSE(asks("GFP_NOIO"));
}

TEST_CASE("an atomic refusal is a cause of its own only where pieces are not missing in general") {
  CHECK_FALSE(RuleAtomicHighOrder(SeedFacts()));
  const std::optional<Finding> alone = RuleAtomicHighOrder(MakeFacts({SeedRefusal()}));
  REQUIRE(alone);
  CHECK(alone->cause == "atomic_high_order");
  CHECK(alone->confidence == Confidence::kMedium);
  EventFacts waiting = SeedRefusal();
  waiting.refusal->gfp_mask = 0xd0;
  CHECK_FALSE(RuleAtomicHighOrder(MakeFacts({waiting})));
  EventFacts unknown = SeedRefusal();
  unknown.refusal->gfp_mask.reset();
  CHECK_FALSE(RuleAtomicHighOrder(MakeFacts({unknown})));
}

TEST_CASE("the refused packet is explained, and without an order there is nothing to explain") {
  const std::optional<Finding> finding = RuleRefusedAllocation(MakeFacts({SeedRefusal()}));
  REQUIRE(finding);
  CHECK(Mentions(finding->title, "64 KiB in one piece [order 4] was refused to tg3"));
  CHECK(Mentions(finding->explanation, "0x20 [GFP_ATOMIC]"));
  EventFacts unknown = SeedRefusal();
  unknown.refusal->order.reset();
  CHECK_FALSE(RuleRefusedAllocation(MakeFacts({unknown})));
}

// The seed's free lists, with a refused request of 64 KiB on a newer kernel.
IncidentFacts Refused64KiB(std::string names) {
  EventFacts event = SeedMemInfo();
  event.refusal = SeedRefusal().refusal;
  event.refusal->gfp_mask.reset();
  event.refusal->gfp_flags = std::move(names);
  event.refusal->context = "process";
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "6.8.0";
  RunAgain(facts);
  return facts;
}

TEST_CASE("where the mask forbids the kernel to make a piece, its caller is asked first") {
  const std::optional<Finding> hindered = RuleFragmentation(Refused64KiB("GFP_NOIO"));
  REQUIRE(hindered);
  CHECK(hindered->confidence == Confidence::kMedium);
  CHECK(Mentions(hindered->title, "for such a request [GFP_NOIO] the kernel may make none"));
  CHECK(Mentions(hindered->advice.at(0).act, "smaller pieces"));
  CHECK(Mentions(hindered->advice.back().act, "compaction_proactiveness"));
  const std::optional<Finding> partly = RuleFragmentation(Refused64KiB("GFP_NOFS"));
  REQUIRE(partly);
  CHECK(partly->confidence == Confidence::kHigh);
  CHECK(Mentions(partly->advice.at(0).why, "pages of programs only"));
  const std::optional<Finding> free = RuleFragmentation(Refused64KiB("GFP_KERNEL"));
  REQUIRE(free);
  CHECK(free->confidence == Confidence::kHigh);
  CHECK(Mentions(free->advice.at(0).act, "compaction_proactiveness"));
}

TEST_CASE("large pieces are asked for where no way but them is known: its caller can change that") {
  const std::optional<Finding> kernel = RuleFragmentation(Refused64KiB("GFP_KERNEL"));
  REQUIRE(kernel->advice.size() == 2);
  CHECK(Mentions(kernel->advice[1].act, "kvmalloc()"));
  CHECK(Mentions(kernel->advice[1].why, "more than order 3"));
  // Without a memory report the mode alone speaks, and the same helps.
  IncidentFacts bare = Refused64KiB("GFP_KERNEL");
  bare.events[0].zones.clear();
  bare.events[0].mem.reset();
  bare.events[0].rerun.reset();
  bare.events[0].kind = "alloc_failure";
  const std::optional<Finding> costly = RuleFragmentation(bare);
  REQUIRE(costly->advice.size() == 2);
  CHECK(Mentions(costly->advice[0].act, "kvmalloc()"));
  CHECK(Mentions(costly->advice[1].check, "pieces of 64 KiB and more"));
  // What a device reads cannot lie in single pages.
  bare.events[0].frames = {{"proc_do_submiturb", std::nullopt, std::nullopt, true}};
  CHECK(RuleFragmentation(bare)->advice.at(0).act.ends_with("smaller pieces"));
}

TEST_CASE("no reserve is advised for a large piece that must not wait, but to ask when it may") {
  EventFacts event = SeedRefusal();
  event.refusal->order = 9;
  event.frames = {{"swiotlb_alloc_coherent", std::nullopt, std::nullopt, true},
                  {"capture_open", "capture", std::nullopt, true}};
  const std::optional<Finding> finding = RuleAtomicHighOrder(MakeFacts({event}));
  REQUIRE(finding);
  REQUIRE(finding->advice.size() == 2);
  CHECK(finding->advice[0].for_now);
  CHECK(Mentions(finding->advice[1].act, "ask the maintainers of capture"));
  CHECK(Mentions(finding->advice[1].act, "when it may wait [GFP_KERNEL]"));
  event.refusal->order = 2;
  CHECK(Mentions(RuleAtomicHighOrder(MakeFacts({event}))->advice.back().act, "min_free_kbytes"));
}

TEST_CASE("a request made while devices sleep may do no I/O, whatever its caller asked for") {
  IncidentFacts facts = Refused64KiB("GFP_NOIO");
  facts.events[0].frames = {{"dma_alloc_attrs", std::nullopt, std::nullopt, true},
                            {"device_resume", std::nullopt, std::nullopt, true}};
  CHECK(Mentions(RuleFragmentation(facts)->advice.at(0).act, "kept while the machine sleeps"));
  CHECK(Mentions(RuleResume(facts)->explanation, "even GFP_KERNEL is printed and served as"));
}

TEST_CASE("pieces of all zones above their marks count, not only those of ordinary zones") {
  EventFacts event = Refused64KiB("GFP_KERNEL").events[0];
  event.zones.pop_back();
  event.zones[2] = MakeZone(0, "Normal", 100000, 90000, {25000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  event.zones[1] =
      MakeZone(0, "DMA32", 431968, 688, {50000, 20000, 8000, 500, 0, 0, 0, 0, 0, 0, 0});
  event.zones[1].lowmem_reserve_pages = {0, 0, 3000, 3000};
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "6.8.0";
  RunAgain(facts);
  CHECK(Mentions(RuleFragmentation(facts)->title, "in pieces of 4 KiB to 32 KiB"));
}

TEST_CASE("kernels without compaction are not told to start it") {
  EventFacts event = SeedMemInfo();
  event.oom = OomFacts();
  event.oom->order = 2;
  event.oom->gfp_mask = 0xd0;
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "2.6.28-11-server";
  RunAgain(facts);
  const std::optional<Finding> finding = RuleFragmentation(facts);
  REQUIRE(finding);
  CHECK(Mentions(finding->advice.at(0).act, "a kernel from 2.6.35 on"));
  CHECK(Mentions(finding->explanation, "This kernel cannot join small pieces"));
}

// A costly piece, with a memory report read behind its refusal: `list` is in pieces of 4 KiB, 8 KiB
// and so on; min is 1,000 pages.
struct BarelyCase {
  std::string_view release;
  std::vector<int64_t> list;
  int64_t counter_kb;
  std::string_view cause;
  std::string_view words;
};

TEST_CASE("figures that barely pass say no less than none") {
  const BarelyCase cases[] = {
      // The loop of 3.13 ends 20 pages above its mark by the list, and below it by the counter.
      {"3.13.0", {2000, 1000, 500, 250, 6}, 32000, "fragmentation", "would pass by 19 pages"},
      {"3.13.0", {2000, 1000, 500, 250, 6}, 31000, "fragmentation", "it fails by"},
      // Six pieces of 64 KiB of all that is free.
      {"5.4.0", {2000, 1000, 500, 250, 6}, 32400, "fragmentation", "1.2 % of them in pieces of 64"},
      // Many of them: the refusal is of another moment.
      {"5.4.0", {2000, 1000, 500, 250, 200}, 44800, "unknown", ""},
  };
  for (const BarelyCase& known : cases) {
    CAPTURE(known.words);
    EventFacts event = SeedRefusal();
    event.refusal->gfp_mask.reset();
    event.refusal->gfp_flags = "GFP_KERNEL|__GFP_COMP";
    event.refusal->context = "process";
    event.zones = {MakeZone(0, "Normal", known.counter_kb, 4000, known.list)};
    IncidentFacts facts = MakeFacts({});
    facts.kernel_release = known.release;
    facts.events.push_back(event);
    RunAgain(facts);
    const Diagnosis diagnosis = Diagnose(facts);
    CHECK(diagnosis.primary_cause == known.cause);
    if (known.words.empty()) continue;
    CHECK(diagnosis.confidence == Confidence::kMedium);
    CHECK(PrimaryFinding(diagnosis)->explanation.find(known.words) != std::string::npos);
  }
}

}  // namespace
}  // namespace kautopsy::test
