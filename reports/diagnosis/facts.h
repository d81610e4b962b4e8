#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"
#include "reports/diagnosis/kernel_version.h"
#include "reports/diagnosis/zone_check.h"

namespace kautopsy {

// What the store knows about the events of one incident, as plain read-only input of the rules.
// Optional members are empty where the log did not say.

// Blocks of one size in a free list. `migrate_types` holds the kernel's letters (U M E R H C I).
struct FreeCell {
  int order = 0;
  int64_t block_kb = 0;
  int64_t count = 0;
  Text migrate_types;
};

// A zone of a Mem-Info block, or of /proc/buddyinfo (then only `cells` are filled).
struct ZoneFacts {
  Integer node;  // none on kernels without NUMA
  std::string zone;
  Integer free_kb, min_kb, low_kb, high_kb, present_kb, managed_kb;
  Integer reserved_highatomic_kb, free_highatomic_kb, free_cma_kb, slab_unreclaimable_kb;
  Integer kernel_stack_kb, active_file_kb, inactive_file_kb, active_anon_kb, inactive_anon_kb;
  Integer boost_kb, pagetables_kb;
  Integer managed_below_zero_kb;  // how far, where the count is negative; managed_kb is none then
  bool marks_beyond_all = false;  // larger than any machine's memory, which are none then
  std::optional<bool> all_unreclaimable;
  Integer free_list_kb;                       // the list's total as printed
  std::vector<int64_t> lowmem_reserve_pages;  // one per zone type, as printed
  std::vector<FreeCell> cells;                // in rising order
};

// Mem-Info counters, in pages but for swap. The sums that old kernels print stand in for the parts.
struct MemInfoFacts {
  Integer anon_pages, file_pages, unevictable_pages, dirty_pages, writeback_pages;
  Integer slab_reclaimable_pages, slab_unreclaimable_pages, slab_pages;
  Integer pagetables_pages, shmem_pages, free_pages, free_cma_pages;
  Integer pagecache_pages, swap_cache_pages, free_swap_kb, total_swap_kb;
  Integer ram_pages, reserved_pages, isolated_pages, inactive_file_pages, lru_pages;
  Integer unstable_pages, free_pcp_pages, sec_pagetables_pages, highmem_pages;
};

// A node line (since v4.8).
struct NodeFacts {
  Integer node, anon_thp_kb, balloon_kb;
  std::optional<bool> all_unreclaimable;
};

// Huge pages of one node and size.
struct HugePageFacts {
  Integer node, total, free, size_kb;
};

// A cache of kernel objects, as reports and /proc/slabinfo list them.
struct SlabFacts {
  std::string name;
  int64_t total_kb = 0;
};

// A place in the kernel's source that holds memory.
struct AllocTagFacts {
  int64_t bytes = 0;
  Integer calls;  // allocations that it made and that were not freed
  Text file, function, module;
};

// A counter of a control group: memory, memory_swap, swap or kmem.
struct GroupCounterFacts {
  std::string counter;
  Integer usage_kb, limit_kb, failcnt;
};

// What a report tells of the control group whose limit was hit.
struct GroupFacts {
  std::vector<GroupCounterFacts> counters;
  std::map<std::string, int64_t, std::less<>>
      stat_kb;  // of that group: anon, file, shmem and so on
};

struct OomFacts {
  Text invoker_comm, gfp_flags, constraint_kind, nodemask, mems_allowed, oom_memcg, task_memcg;
  Text outcome, workload_kind, workload, cpuset;
  Integer invoker_pid, gfp_mask, order, oom_score_adj;
  // What scores are measured by, in pages, as the report tells it (store/schema/oom.sql).
  Integer score_base_least_pages, score_base_most_pages;
  bool from_fault = false;  // pagefault_out_of_memory() is in its call trace
  bool sysrq = false;       // asked for by a human: order=-1, or sysrq functions in the trace
};

struct KillFacts {
  Integer pid, uid, score, oom_score_adj, total_vm_kb, anon_rss_kb, file_rss_kb, shmem_rss_kb;
  Integer log_line;
  Integer chosen_pid;
  Integer reaped_anon_rss_kb, reaped_shmem_rss_kb;  // what was left after the kernel took it back
  Text comm, guest, reason, chosen_comm;
  bool repeated = false;
  bool reaped = false;  // the reaper's line was found
  // What the kernel's line adds up to; none if it prints no sizes.
  Integer RssKb() const;
};

struct RefusalFacts {
  Text kind, comm, gfp_flags, nodemask, mems_allowed, context, blame_symbol, blame_module;
  Text reason;  // as printed, or what another allocator than that of pages said
  Integer pid, order, gfp_mask, size_bytes;
  Integer stall_ms;  // of a request that had to wait
  // Of a contiguous area [CMA]: what was asked of it, the error, and its state behind that.
  Integer size_pages, error, area_free_pages, area_total_pages, area_largest_pages;
  Text area;
};

// An oops, a panic, a lockup and so on: a row of `crash`.
struct CrashFacts {
  std::string title;
  Text comm, taint, symbol, module, message, blocker_comm;
  Integer pid, cpu, seconds, oops_count, blocker_pid;
};

// A row of `hardware_error`.
struct HardwareErrorFacts {
  Text severity, label, message, source, pfn;
  Integer count;
};

struct FrameFacts {
  std::string symbol;
  Text module, context;
  bool reliable = true;
};

// Whose work a kernel worker did: a row of `work_item`.
struct WorkFacts {
  Text workqueue, symbol, module;
};

struct TaskFacts {
  Integer pid, uid, total_vm_pages, rss_pages, total_vm_kb, rss_kb, oom_score_adj, pgtables_kb;
  Integer swap_kb, position, badness_rank, rss_shmem_pages;
  Text comm, guest;
};

// Tasks of one command.
struct CommandSum {
  Text comm;
  int64_t tasks = 0;
  Integer rss_kb;
};

// The process table, summed up; only the rows that matter are kept.
struct TaskTable {
  int64_t rows = 0;
  int64_t rss_pages = 0;
  Integer rss_kb;                     // of all rows; none without the page size
  Integer swap_pages;                 // of all rows; none if not all print it
  std::vector<TaskFacts> guests;      // biggest first
  std::vector<TaskFacts> biggest;     // biggest first, a few
  std::vector<CommandSum> commands;   // of several tasks, those of most memory first
  std::vector<TaskFacts> candidates;  // those of the highest scores, and those that were killed
};

// A virtual machine that the host's libvirt has: a row of `guest`.
struct GuestFacts {
  std::string name;
  Integer memory_kb, source_id, log_line, log_column;
  Text text;  // where memory_kb stands
};

// A setting of the kernel [sysctl] that a file of the host tells: rows of `proc_value`.
struct SettingFacts {
  std::string name;
  int64_t value = 0;
  int64_t event_id = 0;
  int64_t source_id = 0;
  std::string path;
  Text time;  // when it was read
};

// Where one node's memory is: the sums of its zone lines, and its node line. In KiB.
struct NodeMemory {
  Integer node;  // none on kernels without NUMA
  Integer total_kb, anon_kb, file_kb, unevictable_kb, isolated_kb, free_kb, free_pcp_kb;
  Integer slab_reclaimable_kb, slab_unreclaimable_kb, pagetables_kb, sec_pagetables_kb;
  Integer kernel_stack_kb, bounce_kb, huge_pages_kb;
  Integer shmem_kb, mlocked_kb, free_cma_kb;  // inside of anon, unevictable and free
};

struct Quantity {
  double value = 0;
  Text unit;
};

struct EventFacts {
  int64_t id = 0;
  int64_t source_id = 0;
  int64_t first_line = 0;
  int64_t last_line = 0;
  int64_t first_column = 0;
  std::string kind;
  Text host, time, local_time, kernel_release, page_size_from, comm, damage;
  Integer boot_id, time_us, uptime_us, page_size_kb, pid;
  std::string title, time_quality;
  bool complete = true;

  std::optional<OomFacts> oom;
  std::optional<RefusalFacts> refusal;
  std::optional<CrashFacts> crash;
  std::vector<HardwareErrorFacts> hardware_errors;
  std::optional<MemInfoFacts> mem;
  std::vector<KillFacts> kills;
  std::vector<FrameFacts> frames;
  // Of the addresses that the call trace prints: 8 digits on 32 bit, 16 on 64; 0 without any.
  int address_digits = 0;
  Integer lowest_address;  // on 32 bit
  std::optional<WorkFacts> work;
  std::vector<ZoneFacts> zones;
  int64_t zone_rows = 0, list_rows = 0;   // that were read: zones, and free lists of zones
  std::vector<NodeFacts> nodes;           // that hold something of note
  std::vector<HugePageFacts> huge_pages;  // sizes and nodes that have some
  std::vector<SlabFacts> slabs;           // biggest first, a few
  std::vector<AllocTagFacts> alloc_tags;  // biggest first
  GroupFacts group;
  std::vector<NodeMemory> node_memory;  // of events with a Mem-Info block
  TaskTable tasks;
  std::map<std::string, Quantity, std::less<>> values;  // meminfo and free
  Text command;
  std::optional<Rerun> rerun;  // filled by RunAgain()

  // True for what tells of memory that was short, or of how much there was.
  bool about_memory() const { return oom || refusal || mem || !kills.empty(); }
  bool dated() const { return time_us || local_time || uptime_us; }
  // True for a request that was not refused, but had to wait and goes on waiting ("stalls for").
  bool waits() const { return kind == "alloc_stall"; }
  int64_t page_kb() const { return page_size_kb.value_or(kUsualPageKb); }
  // A value of a pasted meminfo or free, in KiB; none if it is not there, or in a unit that cannot
  // be told.
  Integer ValueKb(std::string_view name) const;

  static constexpr int64_t kUsualPageKb = 4;  // x86, and arm64 as distributions build it
};

struct IncidentFacts {
  int64_t id = 0;
  Text host;
  Text kernel_release;
  Integer ram_kb;  // what the kernel manages: MemTotal; all physical pages if nothing tells that
  std::optional<bool> crash_kernel;  // of the boot: started to save the memory of a crashed one
  Text hypervisor;                   // that the boot found below it
  bool ended_boot = false;           // its last crash was the end of the boot
  bool case_file = false;            // put together by somebody: undated output beside the log
  bool lost_lines = false;           // the log says that lines between its refusals are lost
  int64_t zones_left_out = 0;  // stored zones, or free lists of zones, that are too many to hold
  std::vector<GuestFacts> guests;      // of the host, by name
  std::vector<SettingFacts> settings;  // likewise
  std::vector<EventFacts> events;      // dated ones in time order, undated ones where they stand
};

// What the counters of a memory report add up to: RAM is at least that much. 0 without counters.
int64_t ItemisedKb(const EventFacts& event);

// All that a 32-bit kernel can reach at once, itself included; none unless the call trace shows its
// addresses. It has its own ones above those of programs, and maps memory [vmalloc] above its code
// (arch/x86/include/asm/pgtable_32_areas.h, arch/arm/include/asm/pgtable.h, VMALLOC_START).
Integer AddressSpaceKb(const EventFacts& event);

// What kernel the event's lines are from: its own release, else the incident's.
KernelVersion KernelOf(const IncidentFacts& facts, const EventFacts& event);

// The event with this id; never null for ids that a rule took from `facts`.
const EventFacts* FindEvent(const IncidentFacts& facts, int64_t id);

// True if the rest of the zone's list is missing: no printed total, and the cells that are there
// hold far less than the zone's free counter.
bool ListIsCut(const ZoneFacts& zone);
// A zone's free list in pages: the printed total, else the sum of its cells; none without a list,
// and if the list is cut.
Integer ListedPages(const ZoneFacts& zone, int64_t page_kb);
// Pages of the list in blocks that are all Isolate: memory that is being taken away, which nobody
// is given. The counter `free:` leaves them out, the list's total holds them (mm/page_isolation.c,
// set_migratetype_isolate(), since 2139cbe627b8 in 3.7).
int64_t IsolatedPages(const ZoneFacts& zone);
bool IsIsolated(const FreeCell& cell);
// Blocks of at least this order that are not isolated; none if the zone has no list.
Integer BlocksFrom(const ZoneFacts& zone, int order);
// The largest order with such a block; none if there is no list or no block.
std::optional<int> LargestOrder(const ZoneFacts& zone);
// "node 0 Normal", or "Normal" without NUMA.
std::string ZoneName(const ZoneFacts& zone);
// True for the zones that ordinary requests live on; DMA and DMA32 are kept for devices.
bool IsOrdinaryZone(std::string_view zone);
// The event's zones of that kind; where there is none, as on machines of up to 4 GiB, those of the
// highest kind, on which requests live then. They point into the event.
std::vector<const ZoneFacts*> MainZones(const EventFacts& event);

// The command's name; "?" if it is not in the text, "(no name)" if it is blank.
std::string CommName(const Text& comm);
// What names the guest, else the command.
std::string VictimName(const KillFacts& kill);

}  // namespace kautopsy
