#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/watermark.h"

namespace kautopsy::test {

// Facts for rules, built by hand. The figures of the seed case are those of the log that started
// the project: a host of 378.5 GiB with three guests, kernel 2.6.32-431.

inline bool Mentions(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

inline ZoneFacts MakeZone(Integer node, std::string name, int64_t free_kb, int64_t min_kb,
                          const std::vector<int64_t>& counts = {}) {
  ZoneFacts zone;
  zone.node = node;
  zone.zone = std::move(name);
  zone.free_kb = free_kb;
  zone.min_kb = min_kb;
  zone.low_kb = min_kb + min_kb / 4;
  zone.high_kb = min_kb + min_kb / 2;
  zone.present_kb = 4 * free_kb;
  int64_t listed_kb = 0;
  for (std::size_t order = 0; order < counts.size(); ++order) {
    const int64_t block_kb = int64_t{4} << order;
    zone.cells.push_back({static_cast<int>(order), block_kb, counts[order], std::nullopt});
    listed_kb += block_kb * counts[order];
  }
  if (!counts.empty()) zone.free_list_kb = listed_kb;
  return zone;
}

inline EventFacts MakeEvent(int64_t id, std::string kind, Text local_time = std::nullopt) {
  EventFacts event;
  event.id = id;
  event.source_id = 1;
  event.first_line = event.last_line = id;
  event.first_column = 1;
  event.kind = std::move(kind);
  event.local_time = std::move(local_time);
  event.time_quality = event.local_time ? "no_year" : "none";
  if (event.local_time) event.host = "wv2-f302";
  event.page_size_kb = 4;
  return event;
}

// The memory report of 20 November.
inline EventFacts SeedMemInfo() {
  EventFacts event = MakeEvent(1, "mem_info", "Nov 20 12:42:42");
  event.zones = {
      MakeZone(0, "DMA", 15728, 0, {2, 1, 2, 2, 2, 1, 0, 0, 1, 1, 3}),
      MakeZone(0, "DMA32", 431968, 688, {10, 11, 12, 13, 12, 5, 7, 10, 9, 6, 98}),
      MakeZone(0, "Normal", 6593828, 44356, {1648026, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
      MakeZone(1, "Normal", 43013460, 45060, {8390977, 1181188, 0, 0, 0, 0, 0, 0, 0, 0, 0})};
  event.zones[0].lowmem_reserve_pages = {0, 2965, 193855, 193855};
  event.zones[1].lowmem_reserve_pages = {0, 0, 190890, 190890};
  event.zones[2].lowmem_reserve_pages = {0, 0, 0, 0};
  event.zones[3].lowmem_reserve_pages = {0, 0, 0, 0};
  MemInfoFacts mem;
  mem.anon_pages = 83606129;
  mem.file_pages = 252;
  mem.inactive_file_pages = 0;
  mem.free_pages = 12513746;
  mem.slab_reclaimable_pages = 5001;
  mem.slab_unreclaimable_pages = 1759785;
  mem.slab_pages = 1764786;
  mem.pagetables_pages = 188243;
  mem.shmem_pages = 41;
  mem.pagecache_pages = 49429;
  mem.swap_cache_pages = 48929;
  mem.free_swap_kb = 3264;
  mem.total_swap_kb = 512248;
  mem.ram_pages = 100663294;
  mem.reserved_pages = 1446311;
  event.mem = mem;
  return event;
}

inline TaskFacts MakeTask(int64_t pid, std::string comm, int64_t rss_pages,
                          Text guest = std::nullopt) {
  TaskFacts task;
  task.pid = pid;
  task.comm = std::move(comm);
  task.guest = std::move(guest);
  task.rss_pages = rss_pages;
  task.rss_kb = rss_pages * 4;
  task.oom_score_adj = 0;
  return task;
}

inline void SetTable(EventFacts& event, const std::vector<TaskFacts>& biggest_first) {
  event.tasks.rows = static_cast<int64_t>(biggest_first.size());
  event.tasks.biggest = biggest_first;
  int64_t kb = 0;
  for (const TaskFacts& task : biggest_first) {
    kb += task.rss_kb.value_or(0);
    event.tasks.rss_pages += task.rss_pages.value_or(0);
    if (task.guest) event.tasks.guests.push_back(task);
  }
  event.tasks.rss_kb = kb;
}

// The kill of 27 October: table and kill lines only.
inline EventFacts SeedKill() {
  EventFacts event = MakeEvent(2, "oom", "Oct 27 14:24:43");
  event.complete = false;
  KillFacts kill;
  kill.pid = 3878;
  kill.comm = "qemu_wl52";
  kill.guest = "wl52";
  kill.score = 318;
  kill.anon_rss_kb = 126277476;
  kill.file_rss_kb = 176;
  event.kills = {kill};
  SetTable(event, {MakeTask(4321, "qemu_wl51", 31599762, "wl51"),
                   MakeTask(4394, "qemu_wl50", 31575717, "wl50"),
                   MakeTask(3878, "qemu_wl52", 31569413, "wl52")});
  return event;
}

// The refused packet of 25 November.
inline EventFacts SeedRefusal() {
  EventFacts event = MakeEvent(3, "alloc_failure", "Nov 25 09:14:07");
  RefusalFacts refusal;
  refusal.kind = "failure";
  refusal.comm = "qemu_wl50";
  refusal.pid = 4444;
  refusal.order = 4;
  refusal.gfp_mask = 0x20;
  refusal.context = "softirq";
  event.refusal = refusal;
  event.frames = {{"__alloc_pages_nodemask", std::nullopt, "irq", false},
                  {"__alloc_skb", std::nullopt, "irq", false},
                  {"skb_copy", std::nullopt, "irq", false},
                  {"tg3_start_xmit", "tg3", "irq", false},
                  {"tcp_rcv_established", std::nullopt, "irq", false}};
  return event;
}

inline IncidentFacts MakeFacts(std::vector<EventFacts> events) {
  IncidentFacts facts;
  facts.id = 1;
  facts.host = "wv2-f302";
  facts.kernel_release = "2.6.32-431.17.1.el6.x86_64";
  facts.ram_kb = 396867932;
  facts.events = std::move(events);
  RunAgain(facts);
  return facts;
}

// One event of a machine with that kernel.
inline IncidentFacts On(EventFacts event, const std::string& release, int64_t ram_kb = 16 << 20) {
  IncidentFacts facts = MakeFacts({});
  facts.kernel_release = release;
  facts.ram_kb = ram_kb;
  facts.events.push_back(std::move(event));
  RunAgain(facts);
  return facts;
}

inline IncidentFacts SeedFacts() { return MakeFacts({SeedKill(), SeedMemInfo(), SeedRefusal()}); }

// An OOM report of one order-0 request on a small machine: nothing free, programs hold 90 %.
inline EventFacts ExhaustedOom() {
  EventFacts event = MakeEvent(1, "oom", "Nov 24 10:00:00");
  OomFacts oom;
  oom.invoker_comm = "java";
  oom.order = 0;
  oom.gfp_mask = 0x201da;
  oom.constraint_kind = "none";
  oom.outcome = "killed";
  event.oom = oom;
  event.zones = {MakeZone(0, "DMA", 15900, 60, {1, 1, 1, 1, 0, 1, 1, 1, 1, 1, 3}),
                 MakeZone(0, "DMA32", 7000, 8000, {1500, 50, 10, 5, 3, 1, 1, 0, 0, 0, 0})};
  event.zones[0].lowmem_reserve_pages = {0, 200000, 200000, 200000};
  event.zones[1].lowmem_reserve_pages = {0, 0, 0, 0};
  MemInfoFacts mem;
  mem.anon_pages = 230000;
  mem.file_pages = 100;
  mem.inactive_file_pages = 50;
  mem.free_pages = 5725;
  mem.slab_unreclaimable_pages = 5000;
  mem.slab_reclaimable_pages = 2000;
  mem.slab_pages = 7000;
  mem.pagetables_pages = 1500;
  mem.shmem_pages = 10;
  mem.unevictable_pages = 0;
  mem.ram_pages = 262144;
  mem.reserved_pages = 6144;
  mem.free_swap_kb = 0;
  mem.total_swap_kb = 0;
  event.mem = mem;
  KillFacts kill;
  kill.pid = 700;
  kill.comm = "java";
  kill.anon_rss_kb = 800000;
  event.kills = {kill};
  return event;
}

// An OOM report that was cut behind its counters.
inline EventFacts CutOom() {
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

inline IncidentFacts SmallFacts(EventFacts event) {
  IncidentFacts facts = MakeFacts({});
  facts.kernel_release = "3.10.0-514.el7.x86_64";
  facts.ram_kb = 1024000;
  facts.events.push_back(std::move(event));
  RunAgain(facts);
  return facts;
}

}  // namespace kautopsy::test
