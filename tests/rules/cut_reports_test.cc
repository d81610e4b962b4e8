// What reports still tell that users shortened, and what they must not be made to tell.

#include <doctest/doctest.h>

#include <string>
#include <string_view>

#include "reports/diagnosis/balance.h"
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
  EventFacts reported = event;
  reported.mem = ExhaustedOom().mem;
  reported.mem->ram_pages = 3000000;
  CHECK(RuleBadRequest(WithoutRam(reported))->confidence_why ==
        "it took most of RAM, whoever held the rest");
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

}  // namespace
}  // namespace kautopsy::test
