#include <doctest/doctest.h>

#include <algorithm>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/missing.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/rules/rules.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

bool Mentions(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

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

}  // namespace
}  // namespace kautopsy::test
