#include <doctest/doctest.h>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/signature.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

TEST_CASE("a limit that the log states wins over the state of the host") {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = "memcg";
  event.oom->oom_memcg = "/kubepods/pod1";
  const Diagnosis diagnosis = Diagnose(SmallFacts(event));
  CHECK(diagnosis.primary_cause == "memcg_limit");
  CHECK(diagnosis.confidence == Confidence::kHigh);
  CHECK_FALSE(RuleMemcgLimit(SmallFacts(ExhaustedOom())));
}

TEST_CASE("a count of memory below zero explains why nothing could be had") {
  EventFacts event = ExhaustedOom();
  CHECK_FALSE(RuleCountBelowZero(SmallFacts(event)));
  event.zones[1].managed_kb.reset();
  event.zones[1].managed_below_zero_kb = 69704;
  const Diagnosis diagnosis = Diagnose(SmallFacts(event));
  CHECK(diagnosis.primary_cause == "kernel_bug");
  CHECK(diagnosis.findings.front().rule == "count_below_zero");
  CHECK(diagnosis.findings.front().explanation.find("2^64 less 68 MiB") != std::string::npos);
  event.zones[1].managed_below_zero_kb.reset();
  event.zones[1].marks_beyond_all = true;
  CHECK(RuleCountBelowZero(SmallFacts(event))->confidence == Confidence::kMedium);
}

TEST_CASE("a kill line of a control group is enough") {
  EventFacts event = SeedKill();
  event.kills[0].reason = "memcg";
  CHECK(Diagnose(MakeFacts({event})).primary_cause == "memcg_limit");
}

TEST_CASE("order -1 is a person's request") {
  EventFacts event = ExhaustedOom();
  event.oom->order = -1;
  event.oom->sysrq = true;
  CHECK(Diagnose(SmallFacts(event)).primary_cause == "manual");
  CHECK_FALSE(RuleManual(SmallFacts(ExhaustedOom())));
}

TEST_CASE("a binding to nodes is surely the cause when those nodes have nothing") {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = "memory_policy";
  event.oom->nodemask = "0";
  CHECK(RuleNumaConstraint(SmallFacts(event))->confidence == Confidence::kHigh);
  event.zones.clear();
  CHECK(RuleNumaConstraint(SmallFacts(event))->confidence == Confidence::kMedium);
  CHECK_FALSE(RuleNumaConstraint(SmallFacts(ExhaustedOom())));
}

// Node 1 of two, of which a kernel prints the allowed node only; `free:` counts both.
EventFacts BoundOom(const char* constraint) {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = constraint;
  event.oom->nodemask = "(null)";
  event.oom->mems_allowed = "0-1";
  event.zones = {MakeZone(1, "DMA32", 908, 952, {227})};
  event.mem->free_pages = 25532;
  return event;
}

TEST_CASE("the binding is advised on, with what the counter tells of the nodes not printed") {
  EventFacts policy = BoundOom("memory_policy");
  policy.oom->nodemask = "1";
  EventFacts cpuset = BoundOom("cpuset");
  cpuset.oom->mems_allowed = "1";
  for (const EventFacts& event : {policy, cpuset}) {
    const std::optional<Finding> finding = RuleNumaConstraint(SmallFacts(event));
    REQUIRE(finding);
    CHECK(finding->explanation.find("Nodes allowed: 1 [") != std::string::npos);
    REQUIRE(finding->advice.size() == 1);
    CHECK(finding->advice[0].why == "99 MiB were free on other nodes");
    CHECK(finding->advice[0].act.find("now 1)") != std::string::npos);
    CHECK_FALSE(RuleHostExhausted(SmallFacts(event)));
  }
}

TEST_CASE("(null) is no list of nodes, and a cpuset's nodes do not stand in for a policy's") {
  EventFacts event = BoundOom("cpuset");
  event.oom->mems_allowed = "0";
  event.zones.clear();
  const std::optional<Finding> cpuset = RuleNumaConstraint(SmallFacts(event));
  REQUIRE(cpuset);
  CHECK(cpuset->explanation == "The log states the binding. Nodes allowed: 0 [mems_allowed].");
  CHECK(cpuset->advice[0].act == "add a node to cpuset.mems of the group (now 0)");
  event.oom->constraint_kind = "memory_policy";
  const std::optional<Finding> policy = RuleNumaConstraint(SmallFacts(event));
  REQUIRE(policy);
  CHECK(policy->explanation == "The log states the binding.");
  CHECK(policy->advice[0].why == "what other nodes had free is not in the text");
}

TEST_CASE("a kill without figures takes them from another run on the same nodes") {
  EventFacts bare = BoundOom("memory_policy");
  bare.oom->nodemask = "1";
  bare.zones.clear();
  bare.mem.reset();
  EventFacts other = BoundOom("none");
  other.id = 2;
  other.complete = false;
  IncidentFacts facts = SmallFacts(bare);
  facts.events.push_back(other);
  RunAgain(facts);
  CHECK(RuleNumaConstraint(facts)->advice[0].why ==
        "at most 99 MiB were free on other nodes at Nov 24");
  facts.events[1].zones[0].node = 0;
  CHECK(RuleNumaConstraint(facts)->advice[0].why == "what other nodes had free is not in the text");
}

TEST_CASE("the list of nodes tells of a binding where kernels print no constraint") {
  EventFacts event = BoundOom("none");
  event.oom->constraint_kind.reset();
  event.oom->mems_allowed = "1";
  const std::optional<Finding> finding = RuleNumaConstraint(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(finding->title.find("[cpuset]") != std::string::npos);
  EventFacts roomless = event;
  roomless.mem->free_pages = 300;
  CHECK_FALSE(RuleNumaConstraint(SmallFacts(roomless)));
  EventFacts unbound = event;
  unbound.oom->mems_allowed = "0-1";
  CHECK_FALSE(RuleNumaConstraint(SmallFacts(unbound)));
  event.oom->constraint_kind = "none";
  CHECK_FALSE(RuleNumaConstraint(SmallFacts(event)));
}

TEST_CASE("zones with memory but no marks mean that the allocator is not up") {
  EventFacts event = ExhaustedOom();
  for (ZoneFacts& zone : event.zones) {
    zone.free_kb = zone.min_kb = 0;
    zone.present_kb = 100000;
  }
  CHECK(Diagnose(SmallFacts(event)).primary_cause == "kernel_bug");
  CHECK_FALSE(RuleEarlyBoot(SmallFacts(ExhaustedOom())));
  EventFacts empty = ExhaustedOom();
  empty.zones.clear();
  CHECK_FALSE(RuleEarlyBoot(SmallFacts(empty)));
}

TEST_CASE("a panic for want of init is no bug of the kernel if init was killed for memory") {
  EventFacts panic;
  panic.id = 2;
  panic.kind = "panic";
  panic.crash.emplace().title = "kernel panic: Attempted to kill init! exitcode=0x0000008b";
  IncidentFacts facts = SmallFacts(ExhaustedOom());
  facts.events.push_back(panic);
  CHECK(RuleKernelBug(facts));
  KillFacts kill;
  kill.pid = 1;
  facts.events.front().kills.push_back(kill);
  CHECK_FALSE(RuleKernelBug(facts));
}

EventFacts MemoryErrorEvent(int64_t id, const char* source, const char* severity) {
  EventFacts event = MakeEvent(id, "mce", "Nov 24 10:00:00");
  event.hardware_errors.push_back(
      {severity, std::nullopt, "in words", source, "1234", std::nullopt});
  return event;
}

TEST_CASE("a crash behind a kill that nothing explains is the best cause that is known") {
  EventFacts kill = SeedKill();
  kill.tasks = {};
  EventFacts bug = MakeEvent(3, "bug", "Oct 27 14:24:44");
  bug.crash.emplace().title = "kernel BUG in clear_inode";
  CHECK(Diagnose(MakeFacts({kill, bug})).primary_cause == "kernel_bug");
  EventFacts explained = ExhaustedOom();
  IncidentFacts facts = SmallFacts(explained);
  facts.events.push_back(bug);
  CHECK(Diagnose(facts).primary_cause == "host_exhausted");
}

TEST_CASE("memory failures that a program injected are no fault of the hardware") {
  EventFacts bug = MakeEvent(3, "bug", "Nov 24 10:00:01");
  bug.crash.emplace().title = "kernel BUG in clear_inode";
  const EventFacts injection = MemoryErrorEvent(1, "injected", "info");
  const EventFacts failure = MemoryErrorEvent(2, "memory_failure", "recoverable");
  IncidentFacts facts = MakeFacts({injection, failure, bug});
  CHECK_FALSE(RuleHardware(facts));
  CHECK(Diagnose(facts).primary_cause == "kernel_bug");
  CHECK_FALSE(RuleCourse(facts));
  CHECK(Diagnose(MakeFacts({failure, bug})).primary_cause == "hardware");
  facts.events[1].hardware_errors[0].pfn = "1235";  // another page
  CHECK(RuleHardware(facts));
  facts.events[1] = MemoryErrorEvent(2, "edac", "uncorrected");
  CHECK(RuleHardware(facts));
}

TEST_CASE("a request larger than the machine is the caller's fault") {
  EventFacts event = SeedRefusal();
  event.refusal->size_bytes = int64_t{1} << 50;
  CHECK(Diagnose(SmallFacts(event)).primary_cause == "bad_request");
  CHECK_FALSE(RuleBadRequest(SmallFacts(SeedRefusal())));
}

TEST_CASE("a kernel request finds low memory used up while high memory is free") {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask = 0xd0;
  event.zones = {MakeZone(std::nullopt, "Normal", 3000, 3700, {700, 20}),
                 MakeZone(std::nullopt, "HighMem", 5900000, 512, {1000000, 200000, 100000})};
  event.zones[0].lowmem_reserve_pages = {0, 0, 0};
  event.zones[1].lowmem_reserve_pages = {0, 0, 0};
  const Diagnosis diagnosis = Diagnose(SmallFacts(event));
  CHECK(diagnosis.primary_cause == "low_zone");
  event.oom->gfp_mask = 0x201da;  // may use high memory, and so finds it
  CHECK_FALSE(RuleLowZone(SmallFacts(event)));
}

TEST_CASE("free memory that is set aside for devices does not serve the kernel") {
  EventFacts event = SeedRefusal();
  event.refusal->order = 0;
  event.refusal->gfp_mask = 0xd0;
  event.zones = {MakeZone(0, "Normal", 16104, 2296, {26, 0, 1000})};
  event.zones[0].free_cma_kb = 16000;
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "4.1.0";
  RunAgain(facts);
  CHECK(Diagnose(facts).primary_cause == "cma");
  facts.events[0].zones[0].free_cma_kb = 100;
  RunAgain(facts);
  CHECK_FALSE(RuleCma(facts));
}

TEST_CASE("a single page that must not wait fails when the reserve is used up") {
  EventFacts event = SeedRefusal();
  event.refusal->order = 0;
  event.zones = {MakeZone(0, "Normal", 1000, 8000, {250})};
  CHECK(Diagnose(MakeFacts({event})).primary_cause == "atomic_reserve");
  event.zones = {MakeZone(0, "Normal", 100000, 8000, {25000})};
  CHECK_FALSE(RuleAtomicReserve(MakeFacts({event})));
}

TEST_CASE("nothing but an incomplete kill is unknown, and the headline makes no guess") {
  EventFacts event = SeedKill();
  event.tasks = {};
  const Diagnosis diagnosis = Diagnose(MakeFacts({event}));
  CHECK(diagnosis.primary_cause == "unknown");
  CHECK(diagnosis.confidence == Confidence::kLow);
  CHECK(diagnosis.headline ==
        "On Oct 27 the kernel killed guest wl52. Why memory was short is not in the text.");
  CHECK_FALSE(diagnosis.missing.empty());
}

TEST_CASE("a kind is the cause, the request and the holder, not what some kernels print besides") {
  const auto of = [](const EventFacts& event) { return Diagnose(SmallFacts(event)).signature; };
  EventFacts java = ExhaustedOom();
  CHECK(of(java) == "host_exhausted|oom|order 0|java");  // the victim, where no table tells
  SetTable(java, {MakeTask(700, "java", 200000), MakeTask(701, "cron", 100)});
  EventFacts other = java;
  other.oom->constraint_kind.reset();
  other.kills[0].comm = "cron";
  CHECK(of(other) == of(java));
  other.tasks = {};
  SetTable(other, {MakeTask(700, "mysqld", 200000)});
  CHECK(of(other) != of(java));
  EventFacts wl1 = ExhaustedOom();
  SetTable(wl1, {MakeTask(700, "qemu_wl1", 200000, "wl1")});
  EventFacts wl2 = ExhaustedOom();
  SetTable(wl2, {MakeTask(700, "qemu_wl2", 200000, "wl2")});
  CHECK(of(wl1) == of(wl2));
  EventFacts slab = ExhaustedOom();
  slab.mem->anon_pages = 60000;
  slab.mem->slab_unreclaimable_pages = 170000;
  slab.slabs = {{"sock", 600000}};
  CHECK(of(slab) == "slab_leak|oom|order 0|sock");
}

TEST_CASE("a signature names whom the cause's mechanism needs, or nobody") {
  const auto of = [](const EventFacts& event, std::string_view cause) {
    return SignatureOf(SmallFacts(event), cause, nullptr);
  };
  EventFacts event = ExhaustedOom();
  event.mem->shmem_pages = 100000;
  SetTable(event, {MakeTask(700, "java", 200000), MakeTask(701, "postgres", 90000)});
  CHECK(of(event, "shmem") == "shmem|oom|order 0");
  CHECK_FALSE(NamesCulprit(of(event, "shmem")));
  event.tasks.biggest[1].rss_shmem_pages = 60000;
  CHECK(of(event, "shmem") == "shmem|oom|order 0|postgres");
  event.tasks.biggest[1].rss_shmem_pages = 40000;  // files of tmpfs are the most of it
  CHECK(of(event, "shmem") == "shmem|oom|order 0");

  CHECK(of(event, "unaccounted") == "unaccounted|oom|order 0");
  const auto tag = [](int64_t pages, const char* file, const char* module) {
    return AllocTagFacts{
        .bytes = pages * 4096, .calls = pages, .file = file, .function = "f", .module = module};
  };
  event.alloc_tags = {tag(900, "mm/memory.c", "counted"), tag(800, "drivers/net/tg3.c", "tg3")};
  CHECK(of(event, "unaccounted") == "unaccounted|oom|order 0|tg3");

  event.kernel_release = "4.7.2";
  CHECK(of(event, "premature_oom") == "premature_oom|oom|order 0|kernel 4.7");

  event.oom->order = 2;
  CHECK(of(event, "fragmentation") == "fragmentation|oom|order 2");
  event.frames = {{"__alloc_pages_nodemask", {}, {}}, {"copy_process", {}, {}}};
  CHECK(of(event, "fragmentation") == "fragmentation|oom|order 2|kernel_stack");
  CHECK(of(event, "host_exhausted") == "host_exhausted|oom|order 2|java");
  CHECK(NamesCulprit("memcg_limit|oom|data_sim"));
  CHECK_FALSE(NamesCulprit("bad_request|alloc_failure"));
  CHECK_FALSE(NamesCulprit(""));
}

TEST_CASE("no events at all give a diagnosis that says nothing") {
  const Diagnosis diagnosis = Diagnose(MakeFacts({}));
  CHECK(diagnosis.primary_cause == "unknown");
  CHECK(diagnosis.findings.empty());
  CHECK(diagnosis.victims.empty());
}

}  // namespace
}  // namespace kautopsy::test
