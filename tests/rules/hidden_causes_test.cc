#include <doctest/doctest.h>

#include "base/shell_word.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// Killed with node 0 below its min mark and 20 GiB free on node 1.
EventFacts FullNode() {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind.reset();
  event.zones = {MakeZone(0, "Normal", 7000, 8000, {1750, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                 MakeZone(1, "Normal", 20 << 20, 8000, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5120})};
  for (ZoneFacts& zone : event.zones) zone.lowmem_reserve_pages = {0, 0, 0, 0};
  return event;
}

TEST_CASE(
    "a kill beside a node with far more than it keeps hints at a policy that is not printed") {
  const Diagnosis diagnosis = Diagnose(On(FullNode(), "3.10.0-1160.el7.x86_64"));
  CHECK(diagnosis.primary_cause == "numa_constraint");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  CHECK(Mentions(diagnosis.headline, "killed with 20.0 GiB free on other nodes; node 0"));
  EventFacts printed = FullNode();
  printed.oom->nodemask = "(null)";  // 4.9 and later say that there was no policy
  CHECK_FALSE(RuleUnprintedPolicy(On(printed, "4.14.0")));
  EventFacts fault = FullNode();
  fault.oom->from_fault = true;  // may be the limit of a control group
  CHECK_FALSE(RuleUnprintedPolicy(On(fault, "3.10.0-1160.el7.x86_64")));
  CHECK_FALSE(RuleUnprintedPolicy(On(FullNode(), "4.9.0")));
  IncidentFacts storm = On(FullNode(), "3.10.0-1160.el7.x86_64");
  EventFacts before = FullNode();
  before.oom->nodemask = "0";  // says so itself
  storm.events.insert(storm.events.begin(), before);
  CHECK_FALSE(RuleUnprintedPolicy(storm));  // its victim freed what is free
  EventFacts little = FullNode();
  little.zones[1] = MakeZone(1, "Normal", 20000, 8000, {5000, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  little.zones[1].lowmem_reserve_pages = {0, 0, 0, 0};
  CHECK_FALSE(RuleUnprintedPolicy(On(little, "3.10.0-1160.el7.x86_64")));
  EventFacts roomy = FullNode();
  roomy.zones[0] = roomy.zones[1];
  roomy.zones[0].node = 0;
  CHECK_FALSE(RuleUnprintedPolicy(On(roomy, "3.10.0-1160.el7.x86_64")));
}

TEST_CASE("the nodes that everybody may use do not bind a request, those of a policy do") {
  EventFacts event = SeedRefusal();
  event.refusal->order = 0;
  event.refusal->gfp_mask.reset();
  event.refusal->gfp_flags = "GFP_NOWAIT";
  event.refusal->nodemask = "(null)";
  event.refusal->mems_allowed = "0-1";
  CHECK(Diagnose(On(event, "5.10.0")).primary_cause == "atomic_reserve");
  event.refusal->nodemask = "0";
  CHECK(Diagnose(On(event, "5.10.0")).primary_cause == "unknown");
}

TEST_CASE("a memory report without its header tells of a holder where not even a page was free") {
  EventFacts event = ExhaustedOom();
  event.kind = "mem_info";
  event.oom.reset();
  event.kills.clear();
  event.mem->anon_pages = 30000;
  CHECK(Diagnose(On(event, "5.10.0")).primary_cause == "unaccounted");
  event.zones[1] = MakeZone(0, "DMA32", 700000, 8000, {150000, 5000, 2000, 1000, 500});
  event.zones[1].lowmem_reserve_pages = {0, 0, 0, 0};
  CHECK_FALSE(RuleHolder(On(event, "5.10.0")));
}

TEST_CASE("zones without a word of being unreclaimable are of kernels from 4.8 on") {
  EventFacts event = MakeEvent(1, "mem_info");
  event.zones = {MakeZone(0, "Normal", 8000, 4000)};
  event.zones[0].managed_kb = 100000;
  event.zones[0].free_cma_kb = 0;
  CHECK(RuleOf(KernelVersion(), event) == WatermarkRule::k44);
  event.zones[0].all_unreclaimable = false;
  CHECK(RuleOf(KernelVersion(), event) == WatermarkRule::k34);
}

TEST_CASE("nodes that have only zone Movable were not used up by a request that may not use it") {
  EventFacts event = FullNode();
  event.oom->gfp_mask.reset();
  event.oom->gfp_flags = "GFP_HIGHUSER|__GFP_ACCOUNT";
  event.oom->constraint_kind = "cpuset";
  event.oom->mems_allowed = "1";
  event.zones = {event.zones[1]};
  event.zones[0].zone = "Movable";
  const Diagnosis diagnosis = Diagnose(On(event, "5.8.2"));
  CHECK(diagnosis.primary_cause == "numa_constraint");
  CHECK(Mentions(diagnosis.headline, "had only zone Movable, which the request may not use"));
  CHECK(Mentions(PrimaryFinding(diagnosis)->advice.at(0).act, "a node with an ordinary zone"));
  event.zones[0].zone = "Normal";
  event.zones[0].free_kb = 7000;
  event.zones[0].free_list_kb = 7000;
  event.zones[0].cells.back().count = 0;
  event.zones[0].cells.front().count = 1750;
  CHECK(Mentions(Diagnose(On(event, "5.8.2")).headline, "ran out of memory on the nodes"));
}

EventFacts Forking() {
  EventFacts event = ExhaustedOom();
  event.oom->invoker_comm = "spawner";
  event.kills[0].comm = "spawner";
  event.oom->order = 1;
  event.frames = {{"__alloc_pages_nodemask", std::nullopt, std::nullopt, true},
                  {"copy_process", std::nullopt, std::nullopt, true},
                  {"do_fork", std::nullopt, std::nullopt, true}};
  return event;
}

TEST_CASE("one program that starts processes, asks and is killed is told, though no table is") {
  const std::optional<Finding> finding = RuleForkStorm(On(Forking(), "2.6.31"));
  REQUIRE(finding);
  CHECK(finding->role == Role::kContributing);
  CHECK(finding->confidence == Confidence::kLow);
  CHECK(finding->brief == "spawner started processes until memory was short");
  EventFacts other = Forking();
  other.kills[0].comm = "database";
  CHECK_FALSE(RuleForkStorm(On(other, "2.6.31")));
  EventFacts reader = Forking();
  reader.frames[1].symbol = "page_cache_read";
  CHECK_FALSE(RuleForkStorm(On(reader, "2.6.31")));
}

TEST_CASE("a kill for a small piece where no zone lies above its high mark is for want of memory") {
  EventFacts event = Forking();
  event.oom->gfp_mask = 0xd0;
  event.zones[0].lowmem_reserve_pages = {0, 4070, 4070, 4070};
  // One page could still be had of it, but no piece: too little is free to make one.
  event.zones[1] = MakeZone(0, "DMA32", 8004, 8000, {2001, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  event.zones[1].lowmem_reserve_pages = {0, 0, 0, 0};
  const IncidentFacts facts = On(event, "2.6.31");
  CHECK(facts.events[0].rerun->single_served == true);
  CHECK(facts.events[0].rerun->served == false);
  CHECK(RuleHostExhausted(facts));
}

TEST_CASE("a panic of a page fault whose group was full is the setting and a fault of the kernel") {
  EventFacts group = ExhaustedOom();
  group.oom->constraint_kind = "memcg";
  EventFacts panic = MakeEvent(2, "panic", "Nov 24 10:00:01");
  panic.crash.emplace();
  panic.crash->title =
      "Kernel panic - not syncing: out of memory from page fault. panic_on_oom is selected.";
  IncidentFacts facts = SmallFacts(group);
  facts.events.push_back(panic);
  const std::optional<Finding> finding = RulePanicOnOom(facts);
  REQUIRE(finding);
  CHECK(Mentions(finding->brief, "a group's limit taken for a shortage of the host"));
  CHECK(finding->advice.at(0).act == "vm.panic_on_oom=0");
}

TEST_CASE("where no program is left to kill, the kernel holds the rest of the zones") {
  EventFacts event = ExhaustedOom();
  event.kills.clear();
  event.mem.reset();
  event.oom->outcome = "none_killable";
  event.zones = {MakeZone(0, "Normal", 200000, 60000)};
  event.zones[0].managed_kb = 3600000;
  event.zones[0].active_anon_kb = event.zones[0].inactive_anon_kb = 1000;
  event.zones[0].active_file_kb = event.zones[0].inactive_file_kb = 500;
  const std::optional<Finding> finding = RuleUnkillable(On(event, "5.10.0"));
  REQUIRE(finding);
  CHECK(Mentions(finding->explanation, "programs and files had 2.9 MiB: the kernel and its"));
  CHECK(Mentions(finding->advice.at(0).act, "SUnreclaim|PageTables"));
  event.mem = MemInfoFacts();  // of a cut report: how much RAM there is, without who holds it
  event.mem->ram_pages = 1000000;
  CHECK(Mentions(RuleUnkillable(On(event, "5.10.0"))->advice.at(0).act, "SUnreclaim|PageTables"));
  event.zones[0].active_anon_kb = 3000000;
  CHECK_FALSE(Mentions(RuleUnkillable(On(event, "5.10.0"))->explanation, "held the rest"));
  event.zones[0].active_anon_kb.reset();
  CHECK_FALSE(Mentions(RuleUnkillable(On(event, "5.10.0"))->explanation, "held the rest"));
}

TEST_CASE("a name is one word of a command, whatever is in it") {
  CHECK(ShellWord("kworker/0:1") == "kworker/0:1");
  CHECK(ShellWord("a b") == "'a b'");
  CHECK(ShellWord("$(reboot)`id`") == "'$(reboot)`id`'");
  CHECK(ShellWord("a';id") == R"('a'\'';id')");
  EventFacts event = Forking();
  event.oom->invoker_comm = event.kills[0].comm = "a';id";
  CHECK(RuleForkStorm(On(event, "2.6.31"))->advice.at(0).act.find(R"(ps -C 'a'\'';id' -o)") == 0);
}

TEST_CASE("what a lockup may come from depends on its kind") {
  EventFacts event = MakeEvent(1, "soft_lockup", "Nov 24 10:00:00");
  event.crash.emplace();
  event.crash->symbol = "smp_call_function_many_cond";
  CHECK(Mentions(RuleStall(MakeFacts({event}))->explanation, "waits for other CPUs to answer"));
  CHECK(Mentions(RuleStall(MakeFacts({event}))->advice.at(0).act, "softlockup_all_cpu_backtrace"));
  event.crash->symbol = "copy_page";
  CHECK_FALSE(Mentions(RuleStall(MakeFacts({event}))->advice.at(0).act, "disk"));
  event.kind = "hung_task";
  CHECK(Mentions(RuleStall(MakeFacts({event}))->advice.at(0).act, "disk errors"));
}

TEST_CASE("the socket of a handshake is not one that a program asked for") {
  EventFacts event = SeedRefusal();
  event.frames = {{"kmem_cache_alloc", std::nullopt, "softirq", true},
                  {"sk_prot_alloc", std::nullopt, "softirq", true},
                  {"sk_clone_lock", std::nullopt, "softirq", true},
                  {"tcp_v4_rcv", std::nullopt, "softirq", true}};
  CHECK(ReadCallPath(On(event, "4.2.3"), event).site->name == "new_connection");
  event.frames[2].symbol = "sk_alloc";
  CHECK(ReadCallPath(On(event, "4.2.3"), event).site->name == "socket");
}

TEST_CASE("what the idle task seems to ask for at once, an interrupt does") {
  EventFacts event = SeedRefusal();
  event.frames = {{"__alloc_skb", std::nullopt, "process", true}};
  event.refusal->context = "process";
  event.refusal->comm = "swapper";
  CHECK(ReadCallPath(On(event, "2.6.22"), event).where == "an interrupt of an idle CPU");
  event.refusal->comm = "httpd";
  CHECK(ReadCallPath(On(event, "2.6.22"), event).where == "a program's own call");
}

}  // namespace
}  // namespace kautopsy::test
