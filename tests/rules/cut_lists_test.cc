// What free lists, zones and scores tell where the rest of a report is lost.

#include <doctest/doctest.h>

#include <optional>

#include "reports/diagnosis/badness.h"
#include "reports/diagnosis/choice_words.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/facts_parts.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshots.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// A report of which only the free lists are left, and the counters.
EventFacts ListsOnly(int order, const char* names) {
  EventFacts event = CutOom();
  event.oom->order = order;
  event.oom->gfp_mask.reset();
  event.oom->gfp_flags = names;
  event.mem->anon_pages = 1100000;
  event.mem->file_pages = 1200000;
  event.mem->slab_reclaimable_pages = 1500000;
  event.mem->slab_pages = 1560000;
  event.zones = {MakeZone(0, "DMA", 0, 0, {0, 2, 3, 2, 2, 2, 0, 0, 1, 1, 3}),
                 MakeZone(0, "Normal", 0, 0, {6379, 2915, 1266, 0, 0, 0, 0, 0, 0, 0, 0})};
  for (ZoneFacts& zone : event.zones)
    zone.free_kb = zone.min_kb = zone.low_kb = zone.high_kb = zone.present_kb = std::nullopt;
  return event;
}

TEST_CASE("lists alone show that no piece was there, whatever the marks") {
  const Diagnosis diagnosis = Diagnose(On(ListsOnly(3, "GFP_KERNEL|__GFP_COMP"), "4.9.0"));
  CHECK(diagnosis.primary_cause == "fragmentation");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  const IncidentFacts small = On(ListsOnly(2, "GFP_KERNEL"), "4.9.0");
  CHECK_FALSE(small.events[0].rerun);  // a piece is there; what it needs beside is not printed
  EventFacts few = ListsOnly(3, "GFP_KERNEL|__GFP_COMP");
  few.zones[1].cells = MakeZone(0, "Normal", 0, 0, {50, 2, 1, 0, 0}).cells;
  few.zones[1].free_list_kb = 232;
  CHECK(Diagnose(On(few, "4.9.0")).primary_cause != "fragmentation");
  EventFacts tiny = ListsOnly(3, "GFP_KERNEL|__GFP_COMP");  // zone DMA may be all there is
  tiny.mem->anon_pages = tiny.mem->file_pages = 1000;
  tiny.mem->slab_pages = tiny.mem->slab_reclaimable_pages = 0;
  CHECK_FALSE(On(tiny, "4.9.0").events[0].rerun);
}

TEST_CASE("a list that is all of CMA tells why a page was refused, without its zone's line") {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  event.refusal.emplace();
  event.refusal->order = 0;
  event.refusal->gfp_mask = 0x20;
  event.zones = {MakeZone(0, "DMA", 0, 0, {408, 408, 408})};
  event.zones[0].free_kb = event.zones[0].min_kb = std::nullopt;
  for (FreeCell& cell : event.zones[0].cells) cell.migrate_types = "C";
  const Diagnosis diagnosis = Diagnose(On(event, "3.10.23"));
  CHECK(diagnosis.primary_cause == "cma");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  event.zones[0].cells[0].migrate_types = "UC";
  CHECK_FALSE(On(event, "3.10.23").events[0].rerun);
}

TEST_CASE("blocks that are kept for larger pieces are none for a single page that must not wait") {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  event.refusal.emplace();
  event.refusal->order = 0;
  event.refusal->gfp_flags = "GFP_ATOMIC";
  event.mem = ExhaustedOom().mem;
  event.mem->file_pages = 100000;
  event.zones = {MakeZone(0, "Normal", 1492, 964, {7, 5, 7, 5, 6, 2, 2})};
  for (FreeCell& cell : event.zones[0].cells) cell.migrate_types = "H";
  const Diagnosis diagnosis = Diagnose(On(event, "4.9.123"));
  CHECK(diagnosis.primary_cause == "atomic_reserve");
  CHECK(diagnosis.confidence == Confidence::kHigh);
  CHECK(On(event, "6.1.120").events[0].rerun->served == true);  // holds the mend
  event.refusal->order = 1;
  CHECK(On(event, "4.9.123").events[0].rerun->served == true);
}

TEST_CASE("a mask whose names were cut at the width of a terminal is read by its number") {
  const KernelVersion kernel = ParseKernelVersion("4.14.43");
  const std::optional<GfpMeaning> cut = ReadGfp(0x14000c0, "GFP_KERN", kernel);
  REQUIRE(cut);
  CHECK(cut->may_reclaim);
  CHECK(JoinNames(*cut) == "GFP_KERNEL");
  // A vendor's own name is no cut one.
  CHECK(JoinNames(*ReadGfp(0x14000c0, "GFP_NOFS|__GFP_OURS", kernel)) == "GFP_NOFS|__GFP_OURS");
}

TEST_CASE("where only the end of the list is cut off, the size of the request tells") {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  event.refusal.emplace();
  event.refusal->order = 7;
  event.refusal->gfp_flags = "GFP_KERNEL";
  event.zones = {MakeZone(0, "Normal", 2264, 344, {12, 31, 19, 12, 4})};
  event.zones[0].lowmem_reserve_pages = {0, 0, 0};
  event.zones[0].free_list_kb.reset();
  const Diagnosis diagnosis = Diagnose(On(event, "4.14.43"));
  CHECK(diagnosis.primary_cause == "fragmentation");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  event.refusal->order = 2;  // the kernel goes on for such
  CHECK(Diagnose(On(event, "4.14.43")).primary_cause == "unknown");
}

TEST_CASE("the sizes of pieces are counted in the machine's own pages") {
  EventFacts event = ExhaustedOom();
  CHECK(PieceKb(SmallFacts(event)) == 64);
  event.page_size_kb = 64;
  CHECK(PieceKb(SmallFacts(event)) == 1024);
}

TEST_CASE("the lines of all zones tell what the machine holds where its counters are lost") {
  EventFacts event = ExhaustedOom();
  event.mem.emplace();
  event.mem->swap_cache_pages = 0;
  NodeMemory node;
  node.node = 0;
  node.total_kb = 1024000;
  node.anon_kb = 900000;
  node.file_kb = 400;
  node.free_kb = 22900;
  node.shmem_kb = 450000;
  node.slab_reclaimable_kb = 8000;
  node.slab_unreclaimable_kb = 20000;
  event.node_memory = {node};
  EventFacts cut = event;
  FillFromNodes(event);
  CHECK(RuleHolder(SmallFacts(event))->cause == "shmem");
  CHECK(event.mem->slab_pages == 7000);
  cut.zones[1].cells.clear();  // the report may have lost more
  FillFromNodes(cut);
  CHECK_FALSE(cut.mem->anon_pages);
}

TEST_CASE(
    "what old kernels print in one is programs' where nothing could be reclaimed, and no swap") {
  EventFacts event = ExhaustedOom();
  event.mem->lru_pages = 216000;
  event.mem->anon_pages.reset();
  event.mem->file_pages.reset();
  event.tasks = {};
  for (ZoneFacts& zone : event.zones) zone.all_unreclaimable = true;
  const std::optional<Finding> finding = RuleHostExhausted(On(event, "2.6.24-23-generic", 1024000));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(Mentions(finding->title, "programs, and files that could not be dropped, held 844 MiB"));
  event.zones[1].all_unreclaimable = false;
  CHECK_FALSE(RuleHostExhausted(On(event, "2.6.24-23-generic", 1024000)));
}

TEST_CASE("a score tells the victim's share of RAM and swap where the memory report is lost") {
  EventFacts event = MakeEvent(1, "oom", "Jul 15 23:46:05");
  event.oom.emplace();
  event.oom->invoker_comm = "mongod";
  event.oom->oom_score_adj = 0;
  event.kills.emplace_back();
  event.kills[0].comm = "mongod";
  event.kills[0].score = 951;
  const auto rule = [](const EventFacts& oom, const char* release) {
    return RuleFullByScore(On(oom, release));
  };
  const std::optional<Finding> finding = rule(event, "2.6.32-573.el6.x86_64");
  REQUIRE(finding);
  CHECK(finding->cause == "host_exhausted");
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(Mentions(finding->title, "mongod held 95.1 % of RAM and swap"));
  CHECK_FALSE(rule(event, "2.6.32-5-amd64"));  // scores without a bound
  EventFacts other = event;
  other.oom->invoker_comm = "sshd";  // the victim's setting is not known
  CHECK_FALSE(rule(other, "3.10.0"));
  EventFacts raised = event;
  raised.kills[0].oom_score_adj = 600;
  CHECK_FALSE(rule(raised, "3.10.0"));
  EventFacts listed = event;
  listed.kills[0].pid = 77;
  SetTable(listed, {MakeTask(77, "mongod", 20)});
  CHECK(rule(listed, "3.10.0"));
  listed.tasks.biggest[0].oom_score_adj = 1000;  // that is what made its score
  CHECK_FALSE(rule(listed, "3.10.0"));
  EventFacts group = event;
  group.oom->constraint_kind = "memcg";
  CHECK_FALSE(rule(group, "3.10.0"));
  event.kills[0].score = 400;
  CHECK_FALSE(rule(event, "3.10.0"));
}

TEST_CASE("a piece larger than all that is free in the zones of its request lacks low memory") {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  event.refusal.emplace();
  event.refusal->order = 10;
  event.refusal->gfp_flags = "GFP_KERNEL|GFP_DMA";
  event.zones = {MakeZone(0, "DMA", 160, 0, {0, 0, 0, 1, 0, 1})};
  event.zones[0].present_kb = 15360;
  const Diagnosis diagnosis = Diagnose(On(event, "5.14.21"));
  CHECK(diagnosis.primary_cause == "low_zone");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  event.refusal->order = 2;
  CHECK(Diagnose(On(event, "5.14.21")).primary_cause != "low_zone");
}

TEST_CASE("a thread that was chosen is no parent of the process that dies") {
  EventFacts event = MakeEvent(1, "oom", "Apr 11 01:17:09");
  event.oom.emplace();
  KillFacts kill;
  kill.pid = 27564;
  kill.comm = "java";
  kill.chosen_pid = 30924;
  kill.chosen_comm = "java";
  event.kills = {kill};
  SetTable(event, {MakeTask(27564, "java", 1318088)});
  event.tasks.candidates = event.tasks.biggest;
  const IncidentFacts facts = MakeFacts({event});
  const auto why = [&](const IncidentFacts& of) {
    return WhyThisOne(*ExplainKill(of, of.events[0]));
  };
  CHECK(Mentions(why(facts), "most likely a thread of it"));
  IncidentFacts child = facts;
  child.events[0].kills[0].chosen_comm = "sh";
  CHECK(Mentions(why(child), "a child of it dies first"));
}

// A page that must not wait, with more free than its mark on every zone, and no free lists.
EventFacts WithoutLists() {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  event.refusal.emplace();
  event.refusal->kind = "failure";
  event.refusal->order = 0;
  event.refusal->gfp_flags = "GFP_ATOMIC";
  event.mem = ExhaustedOom().mem;
  event.mem->file_pages = 60000;
  event.zones = {MakeZone(1, "Normal", 245448, 16384), MakeZone(2, "Normal", 209784, 16384)};
  for (ZoneFacts& zone : event.zones) {
    zone.managed_kb = 503704976;
    zone.lowmem_reserve_pages = {0, 0, 0, 0};
  }
  return event;
}

TEST_CASE("no more free than a zone may keep for larger pieces is no page for a single one") {
  const auto rule = [](const EventFacts& event, const char* release) {
    return RuleAtomicReserve(On(event, release));
  };
  const std::optional<Finding> finding = rule(WithoutLists(), "4.9.24-coreos");
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(Mentions(finding->title, "as far as a single page may have it"));
  CHECK_FALSE(rule(WithoutLists(), "3.10.0-1160.el7.x86_64"));  // has no such reserve
  CHECK_FALSE(rule(WithoutLists(), "6.6.80"));                  // gives it to single pages
  EventFacts more = WithoutLists();
  more.zones[1].free_kb = 9000000;
  CHECK_FALSE(rule(more, "4.9.24-coreos"));
  EventFacts listed = WithoutLists();
  listed.zones[0] = MakeZone(1, "Normal", 245448, 16384, {60000, 600});
  listed.zones[0].managed_kb = 503704976;
  CHECK_FALSE(rule(listed, "4.9.24-coreos"));
}

TEST_CASE("a report without its head shows used-up memory where nothing could be given back") {
  EventFacts event = ExhaustedOom();
  event.kind = "mem_info";
  event.oom.reset();
  event.kills.clear();
  event.zones[1].free_kb = 8400;  // above min, not high
  event.zones[1].cells.clear();
  event.zones[1].free_list_kb.reset();
  const std::optional<Finding> finding = RuleHostExhausted(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  EventFacts cache = event;
  cache.mem->file_pages = 60000;
  CHECK_FALSE(RuleHostExhausted(SmallFacts(cache)));
  event.zones[1].free_kb = 40000;  // above all marks
  CHECK_FALSE(RuleHostExhausted(SmallFacts(event)));
}

}  // namespace
}  // namespace kautopsy::test
