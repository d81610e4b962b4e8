#include <doctest/doctest.h>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// A kdump kernel of 256 MiB, half of it reserved, that fails while it starts.
EventFacts CrashKernelOom() {
  EventFacts event = ExhaustedOom();
  event.kills.clear();
  event.uptime_us = 4000000;
  event.oom->invoker_pid = 1;
  event.oom->outcome = "none_killable";
  event.mem->anon_pages = 0;
  event.mem->slab_unreclaimable_pages = 9000;
  event.mem->slab_pages = 11000;
  event.mem->ram_pages = 65532;
  event.mem->reserved_pages = 31973;
  return event;
}

TEST_CASE("a crash kernel is told by its command line, else likely by its size, time and asker") {
  IncidentFacts facts = SmallFacts(CrashKernelOom());
  const std::optional<Finding> likely = RuleCrashKernel(facts);
  REQUIRE(likely);
  CHECK(likely->confidence == Confidence::kMedium);
  CHECK(Mentions(likely->advice.at(0).act, "crashkernel=512M"));
  facts.crash_kernel = true;
  CHECK(RuleCrashKernel(facts)->confidence == Confidence::kHigh);
  CHECK(Diagnose(facts).primary_cause == "crash_kernel");
  facts.crash_kernel = false;
  CHECK_FALSE(RuleCrashKernel(facts));
  // Of two boots it is not sure which the command line is of.
  facts.crash_kernel = true;
  facts.events.push_back(MakeEvent(2, "panic"));
  facts.events.back().boot_id = 7;
  CHECK(RuleCrashKernel(facts)->confidence == Confidence::kMedium);
}

TEST_CASE("a crash kernel explains a kill, too, that follows a refusal") {
  EventFacts refusal = SeedRefusal();
  refusal.id = 1;
  EventFacts kill = ExhaustedOom();
  kill.id = 2;
  IncidentFacts facts = SmallFacts(kill);
  facts.events.insert(facts.events.begin(), refusal);
  facts.crash_kernel = true;
  RunAgain(facts);
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "crash_kernel");
  CHECK_FALSE(FindFinding(diagnosis, "host_exhausted"));
}

TEST_CASE("a small machine that is up for long, or whose time is unknown, is no crash kernel") {
  EventFacts late = CrashKernelOom();
  late.uptime_us = int64_t{900} * 1000000;
  CHECK_FALSE(RuleCrashKernel(SmallFacts(late)));
  EventFacts undated = CrashKernelOom();
  undated.uptime_us.reset();
  CHECK_FALSE(RuleCrashKernel(SmallFacts(undated)));
  CHECK_FALSE(RuleCrashKernel(SmallFacts(ExhaustedOom())));
}

TEST_CASE("cache that must be written first stalls reclaim, if it is much of RAM") {
  EventFacts event = ExhaustedOom();
  event.mem->anon_pages = 90000;
  event.mem->file_pages = 130000;
  event.mem->inactive_file_pages = 120000;
  event.mem->dirty_pages = 60000;
  event.mem->writeback_pages = 55000;
  const Diagnosis diagnosis = Diagnose(SmallFacts(event));
  CHECK(diagnosis.primary_cause == "writeback_stall");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  // 5 % of 1,024,000 kB
  CHECK(
      Mentions(RuleWritebackStall(SmallFacts(event))->advice.at(0).act, "vm.dirty_bytes=52428800"));
  event.mem->dirty_pages = 5000;
  event.mem->writeback_pages = 100;
  CHECK_FALSE(RuleWritebackStall(SmallFacts(event)));
  event.mem->file_pages.reset();
  CHECK_FALSE(RuleWritebackStall(SmallFacts(event)));
}

TEST_CASE("that nothing could be killed is stated, and another cause stands before it") {
  EventFacts event = ExhaustedOom();
  event.kills.clear();
  event.oom->outcome = "none_killable";
  const Diagnosis diagnosis = Diagnose(SmallFacts(event));
  CHECK(diagnosis.primary_cause == "host_exhausted");
  const Finding* const unkillable = FindFinding(diagnosis, "unkillable");
  REQUIRE(unkillable);
  CHECK(unkillable->role == Role::kContributing);
  CHECK(unkillable->advice.empty());
  event.mem.reset();
  event.zones.clear();
  CHECK(Diagnose(SmallFacts(event)).primary_cause == "unkillable");
  TaskFacts spared = MakeTask(700, "java", 240000);
  spared.oom_score_adj = -1000;
  SetTable(event, {spared});
  CHECK(Mentions(RuleUnkillable(SmallFacts(event))->explanation, "oom_score_adj -1000"));
  CHECK_FALSE(RuleUnkillable(SmallFacts(ExhaustedOom())));
}

TEST_CASE("a kill of whoever asked is told, and explains the victim, not the shortage") {
  EventFacts event = ExhaustedOom();
  event.kills[0].reason = "allocating_task";
  const std::optional<Finding> finding = RuleAllocatingTask(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->role == Role::kContext);
  CHECK_FALSE(RuleAllocatingTask(SmallFacts(ExhaustedOom())));
}

EventFacts Panic(std::string title) {
  EventFacts event = MakeEvent(2, "panic", "Nov 24 10:00:01");
  event.crash = CrashFacts();
  event.crash->title = std::move(title);
  return event;
}

TEST_CASE("a panic in place of a kill made it worse, most of all for a mere group") {
  EventFacts event = ExhaustedOom();
  event.kills.clear();
  event.oom->outcome = "panicked";
  IncidentFacts facts = SmallFacts(event);
  CHECK_FALSE(RulePanicOnOom(facts));
  facts.events.push_back(Panic("Out of memory: system-wide panic_on_oom is enabled"));
  const std::optional<Finding> host = RulePanicOnOom(facts);
  REQUIRE(host);
  CHECK(host->role == Role::kContributing);
  CHECK(host->advice.at(0).act == "vm.panic_on_oom=0");
  CHECK_FALSE(RuleUnkillable(facts));
  facts.events[0].oom->constraint_kind = "memcg";
  CHECK(Mentions(RulePanicOnOom(facts)->explanation, "vm.panic_on_oom=2"));
}

TEST_CASE("a panic because nothing could be killed is no setting") {
  EventFacts event = ExhaustedOom();
  event.kills.clear();
  event.oom->outcome = "panicked";
  IncidentFacts facts = SmallFacts(event);
  CHECK_FALSE(RuleUnkillable(facts));
  facts.events.push_back(Panic("System is deadlocked on memory"));
  CHECK(RuleUnkillable(facts));
  CHECK_FALSE(RulePanicOnOom(facts));
}

TEST_CASE("a pool of huge pages counts as its holder, with what was idle") {
  EventFacts event = ExhaustedOom();
  event.mem->anon_pages = 60000;
  event.huge_pages = {{0, 300, 250, 2048}};
  const std::optional<Finding> finding = RuleHolder(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->cause == "hugepages");
  CHECK(finding->confidence == Confidence::kHigh);
  CHECK(Mentions(finding->explanation, "100 MiB of it were in use, 500 MiB idle"));
  CHECK(Mentions(finding->advice.at(0).act, "vm.nr_hugepages=50"));
  event.huge_pages = {{0, 300, 250, int64_t{1} << 40}};  // damaged
  CHECK(RuleHolder(SmallFacts(event))->cause == "unaccounted");
}

TEST_CASE("the largest caches and their owners are named where the report lists them") {
  EventFacts event = ExhaustedOom();
  event.mem->anon_pages = 60000;
  event.mem->slab_unreclaimable_pages = 170000;
  event.slabs = {{"nfsd4_stateids", 512000}, {"unheard_of", 2048}};
  const std::optional<Finding> finding = RuleHolder(SmallFacts(event));
  REQUIRE(finding);
  CHECK(Mentions(finding->explanation,
                 "nfsd4_stateids 500 MiB (the NFS server), unheard_of 2.0 MiB."));
}

TEST_CASE("what is not itemised is a balloon only where the report says so") {
  EventFacts event = ExhaustedOom();
  event.mem->anon_pages = 60000;
  CHECK(Mentions(RuleHolder(SmallFacts(event))->explanation, "Candidates: vmalloc"));
  event.mem->total_swap_kb = 4000000;
  event.mem->free_swap_kb = 100;
  CHECK(
      Mentions(RuleHolder(SmallFacts(event))->explanation, "compressed in RAM [zswap, zram], vm"));
  event.mem->free_swap_kb = 4000000;
  CHECK_FALSE(Mentions(RuleHolder(SmallFacts(event))->explanation, "zswap"));
  event.nodes = {{0, std::nullopt, 400000, std::nullopt}};
  CHECK(Mentions(RuleHolder(SmallFacts(event))->explanation, "[balloon]"));
}

TEST_CASE("what is not itemised is told from a tenth of RAM on, with candidates") {
  EventFacts event = ExhaustedOom();
  CHECK_FALSE(RuleUnaccountedShare(SmallFacts(event)));
  event.mem->anon_pages = 190000;
  IncidentFacts facts = SmallFacts(event);
  facts.hypervisor = "KVM";
  const std::optional<Finding> finding = RuleUnaccountedShare(facts);
  REQUIRE(finding);
  CHECK(finding->cause == "unaccounted");
  CHECK(finding->role == Role::kContributing);
  CHECK(Mentions(finding->explanation, "a balloon, as KVM runs below it"));
  event.nodes = {{0, std::nullopt, 100000, std::nullopt}};
  CHECK(Mentions(RuleUnaccountedShare(SmallFacts(event))->explanation, "[balloon]"));
  event.mem->slab_pages.reset();  // without a counter the sum is worth nothing
  event.mem->slab_unreclaimable_pages.reset();
  CHECK_FALSE(RuleUnaccountedShare(SmallFacts(event)));
}

TEST_CASE(
    "more than a third that is not itemised is told beside a refusal for want of pieces, too") {
  EventFacts event = SeedRefusal();
  event.mem = ExhaustedOom().mem;
  event.mem->anon_pages = 60000;
  event.zones = {MakeZone(0, "Normal", 700000, 8000, {175000, 0, 0, 0, 0, 0})};
  IncidentFacts facts = SmallFacts(event);
  CHECK_FALSE(RuleHolder(facts));
  CHECK(RuleUnaccountedShare(facts)->cause == "unaccounted");
  EventFacts exhausted = ExhaustedOom();
  exhausted.mem->anon_pages = 60000;
  CHECK(RuleHolder(SmallFacts(exhausted))->cause == "unaccounted");  // told already
  CHECK_FALSE(RuleUnaccountedShare(SmallFacts(exhausted)));
}

TEST_CASE("that all else is small is the cause where it is surer than that the rest is CMA") {
  EventFacts event = SeedRefusal();
  event.mem = ExhaustedOom().mem;
  event.refusal->order = 5;
  event.refusal->gfp_mask = 0xcc0;
  event.refusal->context = "process";
  event.zones = {MakeZone(0, "Normal", 33000, 1956, {2127, 1508, 472, 96, 12, 4, 1, 1, 0, 0, 0})};
  for (FreeCell& cell : event.zones[0].cells) cell.migrate_types = cell.order < 5 ? "UM" : "C";
  event.zones[0].free_cma_kb = 12300;
  IncidentFacts facts = MakeFacts({event});
  facts.kernel_release = "5.10.0";
  RunAgain(facts);
  REQUIRE(RuleCma(facts));
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "fragmentation");
  CHECK(diagnosis.confidence == Confidence::kHigh);
}

TEST_CASE("low memory with cache that could be dropped is not the cause alone") {
  EventFacts event = ExhaustedOom();
  event.zones = {
      MakeZone(std::nullopt, "Normal", 3948, 7732, {27, 23, 12, 12, 4, 2, 2, 1, 0, 1, 0}),
      MakeZone(std::nullopt, "HighMem", 1049496, 512, {2, 0, 1, 2, 1, 0, 1, 1, 0, 0, 256})};
  event.oom->gfp_mask = 0xd0;
  for (ZoneFacts& zone : event.zones) zone.present_kb = zone.managed_kb = 845576;
  CHECK(RuleLowZone(SmallFacts(event))->role == Role::kPrimary);
  event.zones[0].inactive_file_kb = 786400;
  event.zones[1].inactive_file_kb = 51612;
  event.mem->inactive_file_pages = 212494;
  const Diagnosis diagnosis = Diagnose(SmallFacts(event));
  CHECK(diagnosis.primary_cause == "premature_oom");
  CHECK(FindFinding(diagnosis, "low_zone")->role == Role::kContributing);
}

TEST_CASE("pieces that are all of contiguous areas do not serve an ordinary request") {
  EventFacts event = ExhaustedOom();
  event.oom->order = 2;
  event.oom->gfp_mask = 0xd0;
  event.zones[1] = MakeZone(0, "DMA32", 60000, 8000, {9000, 2000, 500, 0, 0, 0, 0, 0, 0, 0, 0});
  for (FreeCell& cell : event.zones[1].cells) cell.migrate_types = cell.order < 2 ? "UM" : "C";
  const std::optional<Finding> finding = RuleCma(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  event.zones[1].cells[2].migrate_types = "UC";
  CHECK_FALSE(RuleCma(SmallFacts(event)));
}

TEST_CASE("the limit of a control group is told with its counters, and a value to set") {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = "memcg";
  event.oom->oom_memcg = "/web";
  event.group.counters = {{"memory", 40960, 40960, 113}, {"swap", 0, 0, 20}};
  event.group.stat_kb = {{"shmem", 30000}, {"min_protection", 40960}};
  const std::optional<Finding> finding = RuleMemcgLimit(SmallFacts(event));
  REQUIRE(finding);
  CHECK(Mentions(finding->explanation,
                 "It used 40 MiB of 40 MiB, and had run into the limit 113 times."));
  CHECK(Mentions(finding->explanation, "memory.swap.max=0"));
  CHECK(Mentions(finding->explanation, "memory.min is as large as its limit"));
  CHECK(Mentions(finding->explanation, "29 MiB of it are files of tmpfs"));
  CHECK(finding->advice.at(0).act == "memory.max=51200K of control group /web (now 40960K)");
  event.group = {};
  CHECK(Mentions(RuleMemcgLimit(SmallFacts(event))->advice.at(0).why, "not in the text"));
}

TEST_CASE("every cause says why it is as sure as it is, and what to do with which check") {
  for (const EventFacts& event : {ExhaustedOom(), CrashKernelOom(), SeedMemInfo(), SeedKill()}) {
    const Diagnosis diagnosis = Diagnose(SmallFacts(event));
    for (const Finding& finding : diagnosis.findings) {
      CAPTURE(finding.rule);
      if (finding.rule != "kill_victim") CHECK_FALSE(finding.confidence_why.empty());
      for (const Advice& advice : finding.advice) CHECK_FALSE(advice.act.empty());
    }
  }
}

TEST_CASE("where RAM is not in the text it is at least what the report itemises") {
  EventFacts event = ExhaustedOom();
  event.mem->ram_pages.reset();
  IncidentFacts facts = SmallFacts(event);
  facts.ram_kb.reset();
  const std::optional<Finding> finding = RuleHostExhausted(facts);
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(Mentions(finding->confidence_why, "how much RAM"));
}

TEST_CASE("the largest program gets a limit that leaves the host its reserve") {
  EventFacts event = ExhaustedOom();
  SetTable(event, {MakeTask(700, "java", 200000)});
  IncidentFacts facts = SmallFacts(event);
  facts.kernel_release = "5.14.0-70.el9.x86_64";
  const std::optional<Finding> finding = RuleHostExhausted(facts);
  REQUIRE(finding);
  // 800,000 kB - a twentieth of 1,024,000 kB = 748,800 kB: what is free is the kernel's reserve
  CHECK(Mentions(finding->advice.at(0).act, "java at most 731 MiB: MemoryMax=731M"));
  CHECK(Mentions(finding->advice.at(1).act, "a swap area of 100 MiB"));
  facts.kernel_release = "3.10.0-514.el7.x86_64";  // control groups without memory.max
  CHECK(Mentions(RuleHostExhausted(facts)->advice.at(0).act, "its own settings"));
}

TEST_CASE("a zone above its mark that only lacks the piece outweighs CMA of another zone") {
  EventFacts event = ExhaustedOom();
  event.oom->order = 2;
  event.oom->gfp_mask = 0x24000c0;
  event.zones = {MakeZone(0, "DMA32", 62736, 40000, {9514, 3085, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                 MakeZone(0, "Normal", 5884, 5316, {203, 400, 107, 5, 0, 0, 0, 0, 0, 0, 0})};
  event.zones[0].lowmem_reserve_pages = {0, 94};
  event.zones[1].lowmem_reserve_pages = {0, 0};
  for (FreeCell& cell : event.zones[0].cells) cell.migrate_types = "UM";
  for (FreeCell& cell : event.zones[1].cells) cell.migrate_types = cell.order < 2 ? "UC" : "C";
  event.zones[1].free_cma_kb = 4000;
  IncidentFacts facts = SmallFacts(event);
  facts.kernel_release = "4.8.0";
  RunAgain(facts);
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "fragmentation");
  const Finding* const cma = FindFinding(diagnosis, "cma");
  REQUIRE(cma);
  CHECK(cma->role == Role::kContributing);
  CHECK(cma->confidence == Confidence::kMedium);
  facts.events[0].zones[0] = MakeZone(0, "DMA32", 30000, 40000, {7000, 200, 0, 0, 0});
  facts.events[0].zones[0].lowmem_reserve_pages = {0, 94};
  RunAgain(facts);
  CHECK(RuleCma(facts)->confidence == Confidence::kHigh);
}

TEST_CASE("no program is limited where kernel objects hold the most") {
  EventFacts event = ExhaustedOom();
  SetTable(event, {MakeTask(700, "java", 90000)});
  event.mem->anon_pages = 90000;
  event.mem->slab_unreclaimable_pages = 140000;
  event.mem->slab_reclaimable_pages = 0;
  event.mem->slab_pages = 140000;
  const IncidentFacts facts = SmallFacts(event);
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "slab_leak");
  const Finding* const exhausted = FindFinding(diagnosis, "host_exhausted");
  REQUIRE(exhausted);
  CHECK(exhausted->advice.empty());
}

TEST_CASE("a release that contradicts the printed mask is not believed, and nothing is sure") {
  IncidentFacts facts = SmallFacts(ExhaustedOom());
  CHECK(Diagnose(facts).confidence == Confidence::kHigh);
  facts.kernel_release = "7.9.0-foo";
  RunAgain(facts);
  const Rerun& rerun = *facts.events[0].rerun;
  CHECK(Mentions(rerun.release_doubt, "Kernel 7.9 prints names behind a mask"));
  CHECK_FALSE(TestedKernel(facts, facts.events[0]).AtLeast(4, 4));
  const Diagnosis diagnosis = Diagnose(facts);
  CHECK(diagnosis.primary_cause == "host_exhausted");
  CHECK(diagnosis.confidence == Confidence::kMedium);
}

TEST_CASE("a cause that is named but not sure is not said to be missing in the text") {
  IncidentFacts facts = SmallFacts(ExhaustedOom());
  facts.events[0].kills.clear();
  facts.ram_kb.reset();
  facts.events[0].mem.reset();
  CHECK(Mentions(Diagnose(facts).headline, "whom it killed and why is not in the text"));
  EventFacts stalled = MakeEvent(1, "alloc_stall", "Nov 24 10:00:00");
  stalled.refusal = RefusalFacts();
  stalled.refusal->stall_ms = 10646;
  CHECK(
      Mentions(Diagnose(SmallFacts(stalled)).headline, "let a request for memory wait for 10.6 s"));
}

}  // namespace
}  // namespace kautopsy::test
