// What reports still tell that users shortened, and what they must not be made to tell.

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "reports/diagnosis/badness.h"
#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/choice_words.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/facts_parts.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshots.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

IncidentFacts WithoutRam(EventFacts event) {
  IncidentFacts facts = MakeFacts({});
  facts.kernel_release.reset();
  facts.ram_kb.reset();
  facts.events.push_back(std::move(event));
  RunAgain(facts);
  return facts;
}

// An OOM report that was cut behind its counters.
EventFacts CutOom() {
  EventFacts event = ExhaustedOom();
  event.zones.clear();
  event.kills.clear();
  event.mem->ram_pages.reset();
  event.mem->reserved_pages.reset();
  event.mem->total_swap_kb.reset();
  event.mem->free_swap_kb.reset();
  event.complete = false;
  return event;
}

TEST_CASE("most of what is itemised is a holder though RAM is not known, with low confidence") {
  EventFacts event = CutOom();
  event.mem->anon_pages = 11;
  event.mem->slab_unreclaimable_pages = 7500;
  event.mem->slab_reclaimable_pages = 280;
  event.mem->slab_pages = 7780;
  const std::optional<Finding> finding = RuleHolder(WithoutRam(event));
  REQUIRE(finding);
  CHECK(finding->cause == "slab_leak");
  CHECK(finding->confidence == Confidence::kLow);
  CHECK(Mentions(finding->title, "of what the report itemises in kernel objects"));
  CHECK(Mentions(finding->explanation, "which is all that is itemised"));
  EventFacts cut = event;  // of the zones only DMA is left: no measure for anything
  cut.zones = {MakeZone(0, "DMA", 4092, 68)};
  cut.zones[0].lowmem_reserve_pages = {0, 0, 994, 994};
  CHECK_FALSE(RuleHolder(WithoutRam(cut))->title.find("of what the request may use") <
              std::string::npos);
  event.mem->free_pages = 9000;  // less than half
  CHECK_FALSE(RuleHolder(WithoutRam(event)));
  event.mem->free_pages = 5725;
  event.oom.reset();  // nobody lacked memory
  event.kind = "mem_info";
  CHECK_FALSE(RuleHolder(WithoutRam(event)));
}

TEST_CASE("counters of the machine that were cut off are those of its nodes") {
  EventFacts event = ExhaustedOom();
  event.mem->anon_pages.reset();
  event.mem->file_pages.reset();
  NodeMemory node;
  node.node = 0;
  node.total_kb = (262144 - 6144) * 4;
  node.anon_kb = 712;
  node.file_kb = 64;
  event.node_memory = {node};
  EventFacts other = event;
  FillFromNodes(event);
  CHECK(event.mem->anon_pages == 178);
  CHECK(event.mem->file_pages == 16);
  CHECK(RuleHolder(SmallFacts(event))->cause == "unaccounted");
  other.node_memory[0].total_kb = 500000;  // a node is missing
  FillFromNodes(other);
  CHECK_FALSE(other.mem->anon_pages);
}

EventFacts PastedMeminfo(double anon_kb) {
  EventFacts event = MakeEvent(7, "meminfo");
  event.values = {{"MemTotal", {119260, "kB"}},  {"MemFree", {6112, "kB"}},
                  {"Buffers", {0, "kB"}},        {"Cached", {19064, "kB"}},
                  {"Shmem", {1424, "kB"}},       {"AnonPages", {anon_kb, "kB"}},
                  {"SUnreclaim", {21240, "kB"}}, {"SReclaimable", {4308, "kB"}},
                  {"KernelStack", {904, "kB"}},  {"PageTables", {640, "kB"}}};
  return event;
}

TEST_CASE(
    "a meminfo beside a kill without its memory report names the holder, if surely none else") {
  EventFacts kill = SeedKill();
  IncidentFacts facts = WithoutRam(kill);
  facts.events.push_back(PastedMeminfo(4576));
  const std::optional<Finding> finding = RuleHolder(facts);
  REQUIRE(finding);
  CHECK(finding->cause == "unaccounted");
  CHECK(finding->confidence == Confidence::kLow);
  CHECK(Mentions(finding->title, "had 61 MiB = 52.3 % of its RAM"));
  facts.events[1] = PastedMeminfo(60000);
  CHECK_FALSE(RuleHolder(facts));
  facts.events[1] = PastedMeminfo(4576);
  facts.events[0].oom.reset();
  facts.events[0].kills.clear();  // only somebody's look
  CHECK_FALSE(RuleHolder(facts));
  facts.events[0] = ExhaustedOom();  // its own report tells more
  CHECK_FALSE(RuleHolder(facts));
}

EventFacts Vmalloc32(int64_t bytes) {
  EventFacts event = MakeEvent(1, "alloc_failure", "Mar  4 11:20:31");
  event.refusal.emplace();
  event.refusal->kind = "vmalloc";
  event.refusal->order = 0;
  event.refusal->gfp_mask = 0x80d2;
  event.refusal->size_bytes = bytes;
  event.refusal->reason = "allocation failure";
  event.refusal->blame_module = "grabber";
  event.address_digits = 8;
  event.lowest_address = 0xbf000000;
  return event;
}

TEST_CASE("a size beyond all that a 32-bit kernel can reach is the caller's fault") {
  const int64_t size = int64_t{2} << 30;
  const std::optional<Finding> finding = RuleBadRequest(WithoutRam(Vmalloc32(size)));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kHigh);
  CHECK(Mentions(finding->explanation,
                 "2.0 GiB were asked for; this 32-bit kernel, whose code is "
                 "at 0xbf000000, can reach 1.0 GiB"));
  CHECK_FALSE(RuleBadRequest(WithoutRam(Vmalloc32(100 << 20))));
  EventFacts unknown = Vmalloc32(size);
  unknown.lowest_address.reset();
  CHECK_FALSE(RuleBadRequest(WithoutRam(unknown)));
}

TEST_CASE("one request that got most of the memory is the cause, if no other holder is printed") {
  EventFacts event = Vmalloc32(7801806848);
  event.lowest_address.reset();
  event.address_digits = 16;
  event.refusal->reason = "allocated 7794429952 of 7801806848 bytes";
  const std::optional<Finding> finding = RuleBadRequest(WithoutRam(event));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kMedium);
  CHECK(Mentions(finding->title, "7,794,429,952 of the 7,801,806,848 bytes"));
  CHECK(Mentions(finding->advice.at(0).act, "set module grabber up for less than 7.3 GiB"));
  event.refusal->reason = "allocated 794429952 of 7801806848 bytes";
  CHECK_FALSE(RuleBadRequest(WithoutRam(event)));
}

TEST_CASE("what only this machine lacks is not called impossible") {
  IncidentFacts facts = SmallFacts(Vmalloc32(int64_t{812} << 20));
  facts.ram_kb = 209000;
  const std::optional<Finding> finding = RuleBadRequest(facts);
  REQUIRE(finding);
  CHECK(Mentions(finding->title, "812 MiB, more than all the RAM it has"));
  CHECK_FALSE(Mentions(finding->brief, "any machine"));
}

// A kill for the kernel's own data on 32 bit, and free(1) beside it.
IncidentFacts KernelRequest32(double free_kb) {
  EventFacts event = MakeEvent(1, "oom", "Feb  4 16:15:15");
  event.oom.emplace();
  event.oom->gfp_mask = 0xd0;
  event.oom->order = 0;
  event.address_digits = 8;
  event.lowest_address = 0xc011bbc8;
  EventFacts command = MakeEvent(2, "free");
  command.values = {{"Mem.total", {8300144, std::nullopt}},
                    {"Mem.free", {free_kb, std::nullopt}},
                    {"Mem.buffers", {10588, std::nullopt}},
                    {"Mem.cached", {39460, std::nullopt}}};
  IncidentFacts facts = WithoutRam(event);
  facts.events.push_back(command);
  return facts;
}

TEST_CASE("on 32 bit, more free than the kernel can reach lies above what its requests may use") {
  const Diagnosis diagnosis = Diagnose(KernelRequest32(7389784));
  CHECK(diagnosis.primary_cause == "low_zone");
  CHECK(diagnosis.confidence == Confidence::kMedium);
  CHECK(Mentions(diagnosis.headline, "with 7.0 GiB free"));
  CHECK_FALSE(RuleUnprintedLowZone(KernelRequest32(900000)));
  IncidentFacts program = KernelRequest32(7389784);
  program.events[0].oom->gfp_mask = 0x201d2;  // may use high memory
  CHECK_FALSE(RuleUnprintedLowZone(program));
  IncidentFacts wide = KernelRequest32(7389784);
  wide.events[0].lowest_address.reset();
  CHECK_FALSE(RuleUnprintedLowZone(wide));
}

TEST_CASE("free without a unit is in KiB where no other unit makes sense of its total") {
  const IncidentFacts facts = KernelRequest32(7389784);
  const Snapshot snapshot = CollectSnapshots(facts).back();
  CHECK(snapshot.free_kb == 7389784);
  CHECK(snapshot.cache_kb == 10588 + 39460);
  EventFacts mebibytes = facts.events[1];
  mebibytes.values["Mem.total"].value = 257000;
  CHECK_FALSE(mebibytes.ValueKb("Mem.free"));
}

TEST_CASE("counters tell of used-up memory where the report was cut among its zones") {
  EventFacts event = CutOom();
  event.oom->order.reset();
  event.oom->gfp_mask.reset();
  event.mem->free_pages = 5000;
  event.mem->slab_reclaimable_pages = 1000;
  event.zones = {MakeZone(0, "DMA", 15236, 276)};
  const auto rule = [](const EventFacts& oom) { return RuleHostExhausted(WithoutRam(oom)); };
  REQUIRE(rule(event));
  CHECK(rule(event)->confidence == Confidence::kLow);
  EventFacts head_lost = event;
  head_lost.oom.reset();
  head_lost.kind = "mem_info";
  CHECK_FALSE(rule(head_lost));
  IncidentFacts storm = WithoutRam(head_lost);
  storm.events.push_back(MakeEvent(2, "oom", "Nov 24 10:00:01"));
  storm.events[1].oom.emplace();
  CHECK(RuleHostExhausted(storm));
  storm.events[1].local_time = "Nov 24 10:00:31";
  CHECK_FALSE(RuleHostExhausted(storm));
  event.mem->file_pages = 40000;  // could be dropped
  CHECK_FALSE(rule(event));
}

TEST_CASE("a counter that old kernels do not print tells of a newer one") {
  EventFacts event = CutOom();
  event.zones = {MakeZone(0, "DMA", 15236, 276)};
  CHECK(RuleOf(KernelVersion(), event) == WatermarkRule::k2618);
  event.mem->free_cma_pages = 0;
  CHECK(RuleOf(KernelVersion(), event) == WatermarkRule::k34);
}

TEST_CASE("a machine of up to 4 GiB has its pieces in DMA32") {
  EventFacts event = ExhaustedOom();
  const IncidentFacts facts = SmallFacts(event);
  const Snapshot snapshot = CollectSnapshots(facts).at(0);
  CHECK(PiecesFrom(snapshot, 4, std::nullopt) == 5);
  EventFacts normal = SeedMemInfo();
  CHECK(MainZones(normal).size() == 2);
  event.rerun.emplace().lacks_zones = true;  // Normal may be what was cut off
  CHECK(MainZones(event).empty());
}

// 32 bit: page tables of 600 MiB, and low memory of 860 MiB.
EventFacts HighMemOom() {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask = 0xd0;
  event.zones = {MakeZone(std::nullopt, "DMA", 3500, 60),
                 MakeZone(std::nullopt, "Normal", 3600, 3700),
                 MakeZone(std::nullopt, "HighMem", 5900000, 512)};
  event.zones[0].present_kb = 16256;
  event.zones[1].present_kb = 864256;
  event.mem->pagetables_pages = 153600;
  event.mem->ram_pages = 4194304;
  event.mem->reserved_pages = 0;
  return event;
}

TEST_CASE("page tables are measured by low memory where a 32-bit kernel lacks that") {
  const auto rule = [](const EventFacts& event) {
    IncidentFacts facts = SmallFacts(event);
    facts.ram_kb = 16777216;
    return RulePageTableShare(facts);
  };
  EventFacts event = HighMemOom();
  std::optional<Finding> finding = rule(event);
  REQUIRE(finding);
  CHECK(finding->role == Role::kContributing);
  CHECK(finding->confidence == Confidence::kLow);
  CHECK(Mentions(finding->title, "page tables held 600 MiB, as much as 69.8 % of low memory"));
  event.zones[1].pagetables_kb = 500000;
  event.zones[2].pagetables_kb = 0;
  CHECK(rule(event)->confidence == Confidence::kHigh);
  event.zones[1].pagetables_kb = 2000;  // they lie in high memory
  event.zones[2].pagetables_kb = 612400;
  finding = rule(event);
  CHECK((!finding || finding->role == Role::kContext));
  event.oom->gfp_mask = 0x201d2;  // a page that may lie in high memory
  finding = rule(event);
  CHECK((!finding || finding->role == Role::kContext));
}

TEST_CASE("a broken page table beside a shortage is told, though not as its cause") {
  IncidentFacts facts = SmallFacts(ExhaustedOom());
  EventFacts event = MakeEvent(2, "bad_page", "Nov 24 10:00:02");
  event.crash.emplace().title = "BUG: Bad page map";
  facts.events.push_back(event);
  CHECK(RuleKernelBug(facts)->role == Role::kContributing);
  facts.events[1].kind = "warning";
  CHECK(RuleKernelBug(facts)->role == Role::kContext);
}

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

}  // namespace
}  // namespace kautopsy::test
