#include <doctest/doctest.h>

#include "reports/diagnosis/alloc_profile.h"
#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/reach.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/rules/swapoff.h"
#include "reports/diagnosis/unevictable.h"
#include "reports/diagnosis/wording.h"
#include "tests/rules/facts_fixture.h"

namespace kautopsy::test {
namespace {

// 100,000 pages that cannot be reclaimed, of which the page cache explains 90,000.
EventFacts RamfsOom() {
  EventFacts event = ExhaustedOom();
  event.mem->anon_pages = 140000;
  event.mem->unevictable_pages = 100000;
  event.mem->file_pages = 300;
  event.mem->shmem_pages = 2000;
  event.mem->swap_cache_pages = 700;
  event.mem->pagecache_pages = 93000;
  return event;
}

void SetMlocked(EventFacts& event, int64_t kb) {
  event.node_memory.resize(1);
  event.node_memory[0].mlocked_kb = kb;
}

TEST_CASE("page cache that cannot be dropped is not what programs locked") {
  EventFacts event = RamfsOom();
  CHECK(UnevictableOf(event).file_kb == 90000 * 4);
  CHECK(UnevictableOf(event).locked_kb == 10000 * 4);
  CHECK(UnevictableOf(event).mlock_kb == 10000 * 4);
  SetMlocked(event, 64);
  CHECK(UnevictableOf(event).file_kb == 90000 * 4);
  CHECK(UnevictableOf(event).mlock_kb == 64);
  SetMlocked(event, 99000 * 4);  // locked files are programs'
  CHECK(UnevictableOf(event).file_kb == 1000 * 4);
  CHECK(UnevictableOf(event).mlock_kb == 99000 * 4);
  event.mem->shmem_pages.reset();
  CHECK(UnevictableOf(event).file_kb == 0);
}

TEST_CASE("files of a ramfs are told as such, and counted neither as programs' nor as cache") {
  EventFacts event = RamfsOom();
  SetMlocked(event, 16);
  const IncidentFacts facts = SmallFacts(event);
  const std::vector<BalanceItem> items = BalanceOf(facts, event);
  CHECK(ItemKb(items, "undroppable_file") == 90000 * 4);
  CHECK(ItemKb(items, "unevictable") == 10000 * 4);
  const std::optional<Finding> holder = RuleHolder(facts);
  REQUIRE(holder);
  CHECK(holder->cause == "mlocked");
  CHECK(Mentions(holder->title, "file pages that cannot be dropped [ramfs]"));
  // 140,000 pages and 16 kB of 256,000 pages.
  CHECK(Mentions(RuleHostExhausted(facts)->title, "= 54.7 %"));
  event.mem->pagecache_pages = 53000;
  CHECK(RuleUndroppableShare(SmallFacts(event)));
  event.mem->pagecache_pages = 3000;
  CHECK_FALSE(RuleUndroppableShare(SmallFacts(event)));
}

EventFacts SwapoffOom(int64_t total_kb, int64_t free_kb) {
  EventFacts event = ExhaustedOom();
  event.mem->total_swap_kb = total_kb;
  event.mem->free_swap_kb = free_kb;
  return event;
}

TEST_CASE("swap below zero is a swapoff that runs, and no lack of swap") {
  const IncidentFacts facts = SmallFacts(SwapoffOom(0, -307200));
  const std::optional<Finding> finding = RuleSwapoff(facts);
  REQUIRE(finding);
  CHECK(finding->role == Role::kContributing);
  CHECK(Mentions(finding->title, "300 MiB still had to come back into RAM"));
  CHECK_FALSE(Mentions(finding->title, "at least"));
  CHECK_FALSE(RuleSwapState(facts));
  const std::optional<Finding> exhausted = RuleHostExhausted(facts);
  REQUIRE(exhausted);
  CHECK(Mentions(exhausted->explanation, "Swap was being turned off."));
  for (const Advice& advice : exhausted->advice) CHECK_FALSE(Mentions(advice.act, "swap area"));
  CHECK(Mentions(RuleSwapoff(SmallFacts(SwapoffOom(4096, -4096)))->title, "at least 4.0 MiB"));
  CHECK_FALSE(RuleSwapoff(SmallFacts(SwapoffOom(0, 0))));
}

TEST_CASE("the request of swapoff itself is somebody's act, whatever else was short") {
  EventFacts event = SwapoffOom(0, -307200);
  event.frames = {{"__read_swap_cache_async", std::nullopt, std::nullopt, true},
                  {"try_to_unuse", std::nullopt, std::nullopt, true},
                  {"__x64_sys_swapoff", std::nullopt, std::nullopt, true}};
  CHECK(Diagnose(SmallFacts(event)).primary_cause == "manual");
  CHECK(RuleSwapoff(SmallFacts(event))->role == Role::kPrimary);
  event.frames.resize(1);
  CHECK(Diagnose(SmallFacts(event)).primary_cause == "host_exhausted");
}

TEST_CASE("programs with pages in swap that is counted no more tell of a swapoff, too") {
  EventFacts event = SwapoffOom(0, 0);
  event.tasks.swap_pages = 25600;
  CHECK(Mentions(RuleSwapoff(SmallFacts(event))->title, "at least 100 MiB"));
  event.tasks.swap_pages = 0;
  CHECK_FALSE(RuleSwapoff(SmallFacts(event)));
}

AllocTagFacts Tag(int64_t pages, int64_t calls, const char* file, const char* function,
                  Text module = std::nullopt) {
  AllocTagFacts tag;
  tag.bytes = pages * 4096;
  tag.calls = calls;
  tag.file = file;
  tag.function = function;
  tag.module = std::move(module);
  return tag;
}

// 70,000 pages that no counter holds.
EventFacts ProfiledOom() {
  EventFacts event = ExhaustedOom();
  event.mem->anon_pages = 171675;
  event.mem->free_pages = 5725;
  event.alloc_tags = {Tag(170000, 170000, "mm/memory.c", "folio_prealloc"),
                      Tag(50000, 50000, "drivers/net/ring.c", "fill_ring", "ringnet"),
                      Tag(9000, 900, "net/big.c", "order_three"),
                      Tag(7000, 200, "mm/slub.c", "alloc_slab_page"),
                      Tag(3000, 96000, "lib/small.c", "make_node"),
                      Tag(1500, 1500, "./include/asm-generic/pgalloc.h", "pte_alloc_one"),
                      Tag(10000, 10000, "drivers/block/store.c", "get_pages")};
  return event;
}

TEST_CASE("of the kernel's list of allocations only what no counter holds is named") {
  const EventFacts event = ProfiledOom();
  const ProfileNames names = NamedByProfile(event);
  REQUIRE(names.holders.size() == 2);
  CHECK(TagWords(*names.holders[0]) == "fill_ring [ringnet] 195 MiB");
  CHECK(names.holders[1]->function == "get_pages");
  CHECK(names.size_kb == 60000 * 4);
}

TEST_CASE("pages of files are counted, those of pipes and of XFS's buffers are not") {
  EventFacts event = ExhaustedOom();
  event.alloc_tags = {Tag(9000, 9000, "fs/ext4/inode.c", "ext4_write_begin"),
                      Tag(8000, 8000, "fs/pipe.c", "anon_pipe_write"),
                      Tag(7000, 7000, "fs/xfs/xfs_buf.c", "xfs_buf_alloc_pages", "xfs")};
  CHECK(NamedByProfile(event).size_kb == 15000 * 4);
}

TEST_CASE("who is named by the kernel's list makes what is not itemised sure") {
  EventFacts event = ProfiledOom();
  const std::optional<Finding> finding = RuleUnaccountedShare(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->confidence == Confidence::kHigh);
  CHECK(Mentions(finding->explanation, "names 234 MiB of it: fill_ring [ringnet] 195 MiB and"));
  CHECK(Mentions(finding->brief, "195 MiB of it by ringnet"));
  CHECK(finding->evidence.size() == 3);
  CHECK_FALSE(Mentions(finding->explanation, "Candidates"));
  event.alloc_tags[1].bytes = 10000 * 4096;
  event.alloc_tags[1].calls = 10000;
  CHECK(RuleUnaccountedShare(SmallFacts(event))->confidence == Confidence::kLow);
  event.alloc_tags.clear();
  CHECK(Mentions(RuleUnaccountedShare(SmallFacts(event))->explanation, "Candidates"));
}

TEST_CASE("candidates for what is not itemised are those that such a machine can run") {
  EventFacts event = ProfiledOom();
  event.alloc_tags.clear();
  event.mem->total_swap_kb = 1000000;
  const auto words = [&](const std::string& release, int64_t ram_pages) {
    event.mem->ram_pages = ram_pages;
    event.mem->reserved_pages = 0;
    IncidentFacts facts = SmallFacts(event);
    facts.kernel_release = release;
    std::optional<Finding> finding = RuleHolder(facts);
    if (!finding) finding = RuleUnaccountedShare(facts);
    return finding ? finding->explanation + finding->advice.at(0).act : std::string();
  };
  CHECK(Mentions(words("5.10.0-9-amd64", 400000), "ZFS ARC"));
  CHECK(Mentions(words("5.10.0-9-amd64", 400000), "arcstats"));
  CHECK(Mentions(words("5.10.0-9-amd64", 400000), "/sys/block/zram"));
  CHECK_FALSE(Mentions(words("5.10.0-9-amd64", 256000), "ZFS"));
  CHECK(Mentions(words("2.6.9-5.EL", 400000), "Candidates: vmalloc"));
  CHECK_FALSE(Mentions(words("2.6.9-5.EL", 400000), "; cat"));
}

TEST_CASE("a machine without an ordinary zone tells the free memory of those that it has") {
  EventFacts event = ExhaustedOom();
  event.oom->order = 3;
  event.oom->gfp_mask = 0xd0;
  event.zones = {MakeZone(0, "DMA32", 80000, 8000, {20000})};
  event.zones[0].lowmem_reserve_pages = {0, 0, 0, 0};
  const std::optional<Finding> finding = RuleMemoryUsedUp(SmallFacts(event));
  REQUIRE(finding);
  CHECK(finding->explanation == "Free memory: node 0 DMA32 10 x min.");
  CHECK(finding->evidence.size() == 1);
}

TEST_CASE("a request for low memory could use the zones that it may enter, and the slab in them") {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask = 0xd0;
  event.zones = {MakeZone(std::nullopt, "Normal", 3000, 3700, {700, 20}),
                 MakeZone(std::nullopt, "HighMem", 5900000, 512, {1000000, 200000, 100000})};
  event.zones[0].managed_kb = 200000;
  event.zones[0].active_file_kb = 50000;
  event.zones[0].lowmem_reserve_pages = {0, 0, 0};
  event.zones[1].lowmem_reserve_pages = {0, 0, 0};
  const IncidentFacts facts = SmallFacts(event);
  const std::optional<Reach> reach = ReachOf(facts, facts.events[0]);
  REQUIRE(reach);
  CHECK(reach->name == "Normal");
  CHECK(reach->total_kb == 200000);
  CHECK(ItemKb(reach->items, "file") == 50000);
  CHECK(ItemKb(reach->items, "slab_unreclaimable") == 5000 * 4);
  CHECK(ItemKb(reach->items, "not_itemised") == 200000 - 50000 - 28000 - 3000);
}

TEST_CASE("zones of which next to nothing is told, or too much, are not shown by themselves") {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask = 0x201da;
  event.zones = {MakeZone(0, "DMA32", 3000, 3700, {700, 20})};
  event.zones[0].managed_kb = 200000;
  event.mem->slab_unreclaimable_pages.reset();
  event.zones[0].lowmem_reserve_pages = {0, 0, 0};
  IncidentFacts facts = SmallFacts(event);
  CHECK_FALSE(ReachOf(facts, facts.events[0]));
  NodeMemory memory;  // of zone Normal, too, which is not printed
  memory.node = 0;
  memory.total_kb = 200000;
  memory.anon_kb = 380000;
  event.node_memory = {memory};
  facts = SmallFacts(event);
  CHECK_FALSE(ReachOf(facts, facts.events[0]));
}

TEST_CASE("a request that is bound to a node could use that node, as its balance shows it") {
  EventFacts event = ExhaustedOom();
  event.oom->constraint_kind = "memory_policy";
  event.oom->nodemask = "1";
  event.oom->gfp_mask = 0x201da;
  event.zones = {MakeZone(1, "Normal", 9000, 10000, {2250})};
  event.zones[0].lowmem_reserve_pages = {0, 0, 0, 0};
  NodeMemory memory;
  memory.node = 1;
  memory.total_kb = 400000;
  memory.anon_kb = 380000;
  memory.free_kb = 9000;
  event.node_memory = {memory};
  const IncidentFacts facts = SmallFacts(event);
  const std::optional<Reach> reach = ReachOf(facts, facts.events[0]);
  REQUIRE(reach);
  CHECK(reach->name == "node 1");
  CHECK(reach->total_kb == 400000);
  CHECK(ItemKb(reach->items, "anon") == 380000);
  CHECK(NodeBalances(facts.events[0]).size() == 1);
  event.zones[0].managed_kb = memory.total_kb = 1024000;  // all that there is
  event.node_memory = {memory};
  const IncidentFacts all = SmallFacts(event);
  CHECK_FALSE(ReachOf(all, all.events[0]));
}

TEST_CASE("swap is not blamed for memory that it cannot hold") {
  EventFacts event = ExhaustedOom();
  event.oom->gfp_mask = 0xd0;
  event.oom->order = 1;
  event.mem->total_swap_kb = event.mem->free_swap_kb = 900000;
  event.zones = {MakeZone(std::nullopt, "Normal", 3000, 3700, {700, 20}),
                 MakeZone(std::nullopt, "HighMem", 5900000, 512, {1000000, 200000, 100000})};
  event.zones[0].lowmem_reserve_pages = {0, 0, 0};
  event.zones[1].lowmem_reserve_pages = {0, 0, 0};
  CHECK(Mentions(RuleSwapState(SmallFacts(event))->explanation, "swap cannot hold that"));
  event.oom->gfp_mask = 0x201da;
  CHECK(Mentions(RuleSwapState(SmallFacts(event))->explanation, "about pieces of memory"));
}

TEST_CASE("a child that died in place of who asked is told as such") {
  EventFacts event = ExhaustedOom();
  event.kills[0].reason = "allocating_task";
  event.kills[0].pid = 701;
  event.kills[0].chosen_pid = 690;
  event.kills[0].chosen_comm = "runner";
  CHECK(Mentions(RuleAllocatingTask(SmallFacts(event))->explanation,
                 "runner [pid 690] asked at that moment, and java, a child of it"));
  CHECK(Mentions(RuleKillVictim(SmallFacts(event))->explanation,
                 "a child of runner [pid 690], which asked"));
  event.kills[0].chosen_pid = 701;
  CHECK(Mentions(RuleAllocatingTask(SmallFacts(event))->explanation, "java was killed because"));
}

TEST_CASE("an uptime of days is told in days, too, and stands behind the right preposition") {
  EventFacts event = MakeEvent(1, "oom");
  event.uptime_us = int64_t{244} * 1000000;
  CHECK(OnDay(DayText(event)) == " at 244 s after boot");
  event.uptime_us = int64_t{330319} * 1000000;
  CHECK(DayText(event) == "3 d 19 h after boot");
  CHECK(OnDay("Nov 20") == " on Nov 20");
  CHECK(OnDay("").empty());
}

TEST_CASE("free memory below min is told as a part of it; pieces of the reserve are told apart") {
  ZoneFacts zone = MakeZone(0, "Normal", 9600, 10000, {100, 4, 0, 2});
  CHECK(TimesMinWords(zone) == "96.0 % of min");
  zone.free_kb = 41000;
  CHECK(TimesMinWords(zone) == "4 x min");
  CHECK(LargestCommonOrder(zone) == 3);
  zone.cells[3].migrate_types = "H";
  CHECK(LargestCommonOrder(zone) == 1);
}

}  // namespace
}  // namespace kautopsy::test
