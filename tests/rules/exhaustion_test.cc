#include <doctest/doctest.h>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

TEST_CASE("programs that fill the memory are the cause, surely if swap is absent") {
  const std::optional<Finding> finding = RuleHostExhausted(SmallFacts(ExhaustedOom()));
  REQUIRE(finding);
  CHECK(finding->cause == "host_exhausted");
  CHECK(finding->confidence == Confidence::kHigh);
  CHECK(Diagnose(SmallFacts(ExhaustedOom())).primary_cause == "host_exhausted");
}

TEST_CASE("free swap lowers the confidence") {
  EventFacts event = ExhaustedOom();
  event.mem->total_swap_kb = 1000000;
  event.mem->free_swap_kb = 900000;
  CHECK(RuleHostExhausted(SmallFacts(event))->confidence == Confidence::kMedium);
}

TEST_CASE("memory that is free and large enough is not exhausted") {
  EventFacts event = ExhaustedOom();
  event.zones[1] =
      MakeZone(0, "DMA32", 700000, 8000, {150000, 5000, 2000, 1000, 500, 0, 0, 0, 0, 0, 0});
  CHECK_FALSE(RuleHostExhausted(SmallFacts(event)));
  CHECK(Diagnose(SmallFacts(event)).primary_cause == "unknown");
}

TEST_CASE("memory between min and high does not speak against exhaustion once the kernel killed") {
  EventFacts event = ExhaustedOom();
  event.zones[1] = MakeZone(0, "DMA32", 9000, 8000, {2000, 50, 10, 5, 3, 1, 1, 0, 0, 0, 0});
  CHECK(RuleHostExhausted(SmallFacts(event)));
}

// Cut behind its counters, as reports are that somebody shortened.
IncidentFacts CutOom() {
  EventFacts event = ExhaustedOom();
  event.zones.clear();
  event.mem->ram_pages.reset();
  event.mem->reserved_pages.reset();
  IncidentFacts facts = SmallFacts(event);
  facts.ram_kb.reset();
  return facts;
}

TEST_CASE("of a report that lost its zones and RAM, the counters alone may tell it") {
  IncidentFacts facts = CutOom();
  const std::optional<Finding> finding = RuleHostExhausted(facts);
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kLow);
  facts.ram_kb = 1000000;
  CHECK(RuleHostExhausted(facts)->confidence == Confidence::kMedium);
  facts.ram_kb.reset();
  CHECK(finding->title.find("898 MiB of the itemised 954 MiB = 94.1 %") != std::string::npos);
  CHECK(BalanceTotalKb(facts, facts.events[0]) == 4 * (230000 + 100 + 5725 + 7000 + 1500));
  CHECK(ItemKb(BalanceOf(facts, facts.events[0]), "not_itemised") == 0);
  facts.events[0].mem->file_pages = 30000;  // some of which could have been dropped
  CHECK_FALSE(RuleHostExhausted(facts));
  facts = CutOom();
  facts.events[0].mem->free_pages.reset();  // cut in the middle of the counters
  CHECK_FALSE(RuleHostExhausted(facts));
  CHECK_FALSE(BalanceTotalKb(facts, facts.events[0]));
  facts = CutOom();
  facts.events[0].oom->order = 2;
  CHECK_FALSE(RuleHostExhausted(facts));
}

TEST_CASE("without counters or a table who holds the memory stays unknown") {
  EventFacts event = ExhaustedOom();
  event.mem.reset();
  IncidentFacts facts = SmallFacts(event);
  CHECK_FALSE(RuleHostExhausted(facts));
  SetTable(facts.events[0], {MakeTask(700, "java", 240000)});
  const std::optional<Finding> finding = RuleHostExhausted(facts);
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
}

TEST_CASE("shared memory that fills RAM is not called the programs' own") {
  EventFacts event = ExhaustedOom();
  event.mem->shmem_pages = 200000;
  CHECK_FALSE(RuleHostExhausted(SmallFacts(event)));
  CHECK(Diagnose(SmallFacts(event)).primary_cause == "shmem");
  event.mem->shmem_pages = 100000;
  const std::optional<Finding> finding = RuleHostExhausted(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->explanation.find("391 MiB are shared memory") != std::string::npos);
}

TEST_CASE("the holder of more than a third of memory is named, whoever it is") {
  EventFacts slab = ExhaustedOom();
  slab.mem->anon_pages = 60000;
  slab.mem->slab_unreclaimable_pages = 170000;
  CHECK(Diagnose(SmallFacts(slab)).primary_cause == "slab_leak");
  EventFacts shmem = ExhaustedOom();
  shmem.mem->shmem_pages = 150000;
  CHECK(Diagnose(SmallFacts(shmem)).primary_cause == "shmem");
  EventFacts rest = ExhaustedOom();
  rest.mem->anon_pages = 60000;
  CHECK(Diagnose(SmallFacts(rest)).primary_cause == "unaccounted");
  CHECK_FALSE(RuleHolder(SmallFacts(ExhaustedOom())));
}

TEST_CASE("cache that could be dropped points at the kernel") {
  EventFacts event = ExhaustedOom();
  event.mem->anon_pages = 100000;
  event.mem->file_pages = 130000;
  event.mem->inactive_file_pages = 120000;
  CHECK(Diagnose(SmallFacts(event)).primary_cause == "premature_oom");
  event.mem->dirty_pages = 110000;
  CHECK_FALSE(RulePrematureOom(SmallFacts(event)));
}

TEST_CASE("active cache could be dropped, too, if pages were short and not pieces of them") {
  EventFacts event = ExhaustedOom();
  event.mem->anon_pages = 100000;
  event.mem->file_pages = 130000;
  event.zones[0].inactive_file_kb = 0;
  event.zones[0].present_kb = 15900;
  event.zones[1].present_kb = 1000000;
  event.zones[1].inactive_file_kb = 400;
  event.zones[1].active_file_kb = 500000;
  const Diagnosis diagnosis = Diagnose(SmallFacts(event));
  CHECK(diagnosis.primary_cause == "premature_oom");
  CHECK(diagnosis.findings.front().explanation.find("400 KiB of it inactive") != std::string::npos);
  event.zones[1].active_file_kb = 300000;
  CHECK_FALSE(RulePrematureOom(SmallFacts(event)));
  event.zones[1].active_file_kb = 500000;
  event.zones[1].min_kb = 4000;
  event.oom->order = 5;
  CHECK_FALSE(RulePrematureOom(SmallFacts(event)));
}

TEST_CASE("guests that hold nearly all memory are named, fewer are not") {
  const std::optional<Finding> finding = RuleVmOvercommit(MakeFacts({SeedKill()}));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(finding->title.find("361.4 GiB of 378.5 GiB = 95.5 %") != std::string::npos);
  IncidentFacts larger = MakeFacts({SeedKill()});
  larger.ram_kb = 2 * *larger.ram_kb;
  CHECK_FALSE(RuleVmOvercommit(larger));
  larger.ram_kb.reset();
  CHECK_FALSE(RuleVmOvercommit(larger));
}

TEST_CASE("what libvirt gives to the guests stands beside what they held") {
  IncidentFacts facts = MakeFacts({SeedKill()});
  facts.guests = {{"wl50", 128 << 20, 7, 8, 3, "<memory unit='GiB'>128</memory>"},
                  {"wl51", 128 << 20, 8, 8, 3, "<memory unit='GiB'>128</memory>"},
                  {"off", 64 << 20, 9, 8, 3, "<memory unit='GiB'>64</memory>"}};  // did not run
  const std::optional<Finding> finding = RuleVmOvercommit(facts);
  REQUIRE(finding);
  CHECK(finding->explanation.find("configured for 2 guests: 256.0 GiB of 378.5 GiB RAM") !=
        std::string::npos);
  CHECK(finding->evidence.back().relation == "guest");
  CHECK(finding->evidence.back().text == "<memory unit='GiB'>128</memory>");
  CHECK(finding->evidence.back().line == 8);
}

TEST_CASE("guests that may have nearly all memory contribute, where nothing tells what they held") {
  IncidentFacts facts = SmallFacts(ExhaustedOom());
  facts.guests = {{"web1", *facts.ram_kb, 7, 8, 3, "<memory unit='GiB'>4</memory>"}};
  const std::optional<Finding> finding = RuleVmOvercommit(facts);
  REQUIRE(finding);
  CHECK(finding->role == Role::kContributing);
  CHECK(finding->confidence == Confidence::kLow);
  facts.guests[0].memory_kb = *facts.ram_kb / 2;
  CHECK_FALSE(RuleVmOvercommit(facts));
  facts.guests[0].memory_kb.reset();
  CHECK_FALSE(RuleVmOvercommit(facts));
  EventFacts group = ExhaustedOom();
  group.oom->constraint_kind = "memcg";
  IncidentFacts limited = SmallFacts(group);
  limited.guests = {{"web1", *limited.ram_kb, 7, 8, 3, "<memory unit='GiB'>4</memory>"}};
  CHECK_FALSE(RuleVmOvercommit(limited));
}

TEST_CASE("the victim of the seed won by a tie: a point of score is more than what lay between") {
  const std::optional<Finding> finding = RuleKillVictim(SeedFacts());
  REQUIRE(finding);
  CHECK(finding->explanation.find("probably a tie. It is the smallest of 3 guests by 119 MiB") !=
        std::string::npos);
  CHECK(finding->explanation.find("a point of score is 388 MiB") != std::string::npos);
  CHECK(finding->explanation.find("Score: 318 printed, 287 to 317 recomputed") !=
        std::string::npos);
  CHECK_FALSE(RuleKillVictim(MakeFacts({SeedMemInfo()})));
}

TEST_CASE("a victim without its row is not explained") {
  EventFacts event = SeedKill();
  event.tasks = {};
  CHECK(RuleKillVictim(MakeFacts({event}))->explanation ==
        "Why this one: no process table stands in the text. Score: 318 printed.");
}

TEST_CASE("the cause of a kill comes before that of a refusal beside it, unless that is surer") {
  EventFacts refusal = SeedRefusal();
  refusal.id = 1;
  EventFacts kill = ExhaustedOom();
  kill.id = 2;
  IncidentFacts facts = SmallFacts(kill);
  facts.events.insert(facts.events.begin(), refusal);
  RunAgain(facts);
  const Diagnosis sure = Diagnose(facts);
  CHECK(sure.primary_cause == "host_exhausted");
  const Finding* const beside = FindFinding(sure, "atomic_high_order");
  REQUIRE(beside);
  CHECK(beside->role == Role::kContributing);

  facts.events.pop_back();
  CHECK(Diagnose(facts).primary_cause == "atomic_high_order");
}

}  // namespace
}  // namespace kautopsy::test
