#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "reports/diagnosis/facts_parts.h"
#include "reports/diagnosis/facts_reader.h"

namespace kautopsy {
namespace {

constexpr int64_t kLargestOrder = 30;

Integer Order(const Statement& row, int column) {
  const Integer value = row.GetInteger(column);
  if (value && (*value < -1 || *value > kLargestOrder)) return std::nullopt;
  return value;
}

void TakeOom(EventFacts& event, const Statement& row) {
  OomFacts oom;
  oom.invoker_comm = row.GetText(0);
  oom.invoker_pid = row.GetInteger(1);
  oom.gfp_mask = row.GetInteger(2);
  oom.gfp_flags = row.GetText(3);
  oom.order = Order(row, 4);
  oom.oom_score_adj = row.GetInteger(5);
  oom.constraint_kind = row.GetText(6);
  oom.nodemask = row.GetText(7);
  oom.mems_allowed = row.GetText(8);
  oom.oom_memcg = row.GetText(9);
  oom.task_memcg = row.GetText(10);
  oom.outcome = row.GetText(11);
  oom.sysrq = row.ViewText(12) == "sysrq";
  event.tasks.rows = row.GetInteger(13).value_or(0);
  event.tasks.rss_pages = row.GetInteger(14).value_or(0);
  event.tasks.rss_kb = row.GetInteger(15);
  oom.workload_kind = row.GetText(16);
  oom.workload = row.GetText(17);
  oom.score_base_least_pages = Size(row, 18);
  oom.score_base_most_pages = Size(row, 19);
  event.tasks.swap_pages = Size(row, 20);
  oom.cpuset = row.GetText(21);
  event.oom = std::move(oom);
}

void TakeKills(EventFacts& event, const Statement& row) {
  KillFacts kill;
  kill.pid = row.GetInteger(0);
  kill.comm = row.GetText(1);
  kill.uid = row.GetInteger(2);
  kill.score = Size(row, 3);
  kill.oom_score_adj = row.GetInteger(4);
  kill.total_vm_kb = Size(row, 5);
  kill.anon_rss_kb = Size(row, 6);
  kill.file_rss_kb = Size(row, 7);
  kill.shmem_rss_kb = Size(row, 8);
  kill.reason = row.GetText(9);
  kill.repeated = row.GetInteger(10).value_or(0) != 0;
  kill.guest = row.GetText(11);
  kill.log_line = row.GetInteger(12);
  kill.chosen_pid = row.GetInteger(13);
  kill.chosen_comm = row.GetText(14);
  kill.reaped = row.GetInteger(15) == 1;
  kill.reaped_anon_rss_kb = Size(row, 16);
  kill.reaped_shmem_rss_kb = Size(row, 17);
  event.kills.push_back(std::move(kill));
}

void TakeRefusal(EventFacts& event, const Statement& row) {
  RefusalFacts refusal;
  refusal.kind = row.GetText(0);
  refusal.comm = row.GetText(1);
  refusal.pid = row.GetInteger(2);
  refusal.order = Order(row, 3);
  refusal.gfp_mask = row.GetInteger(4);
  refusal.gfp_flags = row.GetText(5);
  refusal.nodemask = row.GetText(6);
  refusal.mems_allowed = row.GetText(7);
  refusal.context = row.GetText(8);
  refusal.blame_symbol = row.GetText(9);
  refusal.blame_module = row.GetText(10);
  refusal.size_bytes = row.GetInteger(11);
  refusal.stall_ms = row.GetInteger(12);
  refusal.area = row.GetText(13);
  refusal.size_pages = row.GetInteger(14);
  refusal.error = row.GetInteger(15);
  refusal.area_free_pages = row.GetInteger(16);
  refusal.area_total_pages = row.GetInteger(17);
  refusal.area_largest_pages = row.GetInteger(18);
  refusal.reason = row.GetText(19);
  event.refusal = std::move(refusal);
}

void TakeCrash(EventFacts& event, const Statement& row) {
  CrashFacts crash;
  crash.title = row.GetText(0).value_or("");
  crash.comm = row.GetText(1);
  crash.pid = row.GetInteger(2);
  crash.cpu = row.GetInteger(3);
  crash.taint = row.GetText(4);
  crash.symbol = row.GetText(5);
  crash.module = row.GetText(6);
  crash.seconds = row.GetInteger(7);
  crash.message = row.GetText(8);
  crash.oops_count = row.GetInteger(9);
  crash.blocker_comm = row.GetText(10);
  crash.blocker_pid = row.GetInteger(11);
  event.crash = std::move(crash);
}

void TakeHardwareError(EventFacts& event, const Statement& row) {
  HardwareErrorFacts error;
  error.severity = row.GetText(0);
  error.label = row.GetText(1);
  error.message = row.GetText(2);
  error.count = row.GetInteger(3);
  error.source = row.GetText(4);
  error.pfn = row.GetText(5);
  event.hardware_errors.push_back(std::move(error));
}

// On 32 bit an address has 8 digits, on 64 bit 16 (lib/vsprintf.c, pointer()).
void TakeAddress(EventFacts& event, std::string_view address) {
  constexpr std::size_t kDigits32 = 8;
  ConsumePrefix(address, "0x");
  event.address_digits = static_cast<int>(address.size());
  uint32_t value = 0;
  const char* const end = address.data() + address.size();
  const auto [stop, error] = std::from_chars(address.data(), end, value, 16);
  if (address.size() != kDigits32 || stop != end || error != std::errc()) return;
  event.lowest_address = std::min<int64_t>(value, event.lowest_address.value_or(value));
}

void TakeFrames(EventFacts& event, const Statement& row) {
  constexpr std::size_t kUsualFrames = 32;
  if (event.frames.empty()) event.frames.reserve(kUsualFrames);
  FrameFacts& frame = event.frames.emplace_back();
  frame.symbol = row.GetText(0).value_or("?");
  frame.module = row.GetText(1);
  frame.context = row.GetText(2);
  frame.reliable = row.GetInteger(3).value_or(1) != 0;
  if (event.oom && frame.symbol == "pagefault_out_of_memory") event.oom->from_fault = true;
  if (const std::string_view address = row.ViewText(4); !address.empty())
    TakeAddress(event, address);
}

void TakeWork(EventFacts& event, const Statement& row) {
  event.work = WorkFacts{row.GetText(0), row.GetText(1), row.GetText(2)};
}

Integer Sum(const Integer& one, const Integer& other) {
  if (!one && !other) return std::nullopt;
  return one.value_or(0) + other.value_or(0);
}

void TakeMemInfo(EventFacts& event, const Statement& row) {
  MemInfoFacts mem;
  mem.anon_pages = Sum(Size(row, 0), Size(row, 1));
  mem.file_pages = Sum(Size(row, 2), Size(row, 3));
  mem.inactive_file_pages = Size(row, 3);
  Integer* const plain[] = {&mem.unevictable_pages,
                            &mem.dirty_pages,
                            &mem.writeback_pages,
                            &mem.slab_reclaimable_pages,
                            &mem.slab_unreclaimable_pages,
                            &mem.slab_pages,
                            &mem.pagetables_pages,
                            &mem.shmem_pages,
                            &mem.free_pages,
                            &mem.free_cma_pages,
                            &mem.pagecache_pages,
                            &mem.swap_cache_pages,
                            &mem.free_swap_kb,
                            &mem.total_swap_kb,
                            &mem.ram_pages,
                            &mem.reserved_pages};
  int column = 4;
  for (Integer* const value : plain) *value = Size(row, column++);
  mem.isolated_pages = Sum(Size(row, 20), Size(row, 21));
  mem.lru_pages = Sum(Size(row, 22), Size(row, 23));
  mem.unstable_pages = Size(row, 24);
  mem.free_pcp_pages = Size(row, 25);
  mem.sec_pagetables_pages = Size(row, 26);
  mem.highmem_pages = Size(row, 27);
  if (!mem.slab_pages)
    mem.slab_pages = Sum(mem.slab_reclaimable_pages, mem.slab_unreclaimable_pages);
  event.mem = mem;
}

// A host has hundreds of guests at most.
constexpr std::size_t kMostGuests = 1000;

void TakeTasks(EventFacts& event, const Statement& row) {
  TaskFacts task;
  task.pid = row.GetInteger(0);
  task.uid = row.GetInteger(1);
  task.total_vm_pages = Size(row, 2);
  task.rss_pages = Size(row, 3);
  task.total_vm_kb = Size(row, 4);
  task.rss_kb = Size(row, 5);
  task.oom_score_adj = Size(row, 6);
  task.pgtables_kb = Size(row, 7);
  task.swap_kb = Size(row, 8);
  task.comm = row.GetText(9);
  task.guest = row.GetText(10);
  task.position = row.GetInteger(11);
  task.badness_rank = row.GetInteger(13);
  task.rss_shmem_pages = Size(row, 15);
  const bool biggest = row.GetInteger(12) == 1;
  if (row.GetInteger(14) == 1) event.tasks.candidates.push_back(task);
  if (biggest) event.tasks.biggest.push_back(task);
  if (task.guest && event.tasks.guests.size() < kMostGuests)
    event.tasks.guests.push_back(std::move(task));
}

// The name and value lines of /proc/meminfo and free.
void TakeValues(EventFacts& event, const Statement& row) {
  const Text name = row.GetText(0);
  const Real value = row.GetReal(1);
  if (name && value) event.values.emplace(*name, Quantity{*value, row.GetText(2)});
}

void TakeCommandSum(EventFacts& event, const Statement& row) {
  event.tasks.commands.push_back({row.GetText(0), row.GetInteger(1).value_or(0), Size(row, 2)});
}

void TakeCommand(EventFacts& event, const Statement& row) { event.command = row.GetText(0); }

const std::vector<Part>& MemoryParts() {
  using Kinds = std::vector<std::string_view>;
  static const Kinds kReports = {"oom", "alloc_failure", "alloc_stall", "mem_info"};
  static const Kinds kRefusals = {"alloc_failure", "alloc_stall"};
  static const std::vector<Part> kParts = {
      {{"oom"},
       TakeOom,
       "invoker_comm, invoker_pid, gfp_mask, gfp_flags, \"order\", oom_score_adj,"
       " constraint_kind, nodemask, mems_allowed, oom_memcg, task_memcg, outcome, trigger, tasks,"
       " tasks_rss_pages, tasks_rss_kb, workload_kind, workload, score_base_least_pages,"
       " score_base_most_pages, tasks_swap_pages, cpuset",
       "oom_report"},
      {{"oom"},
       TakeKills,
       "pid, comm, uid, score, oom_score_adj, total_vm_kb, anon_rss_kb, file_rss_kb,"
       " shmem_rss_kb, reason, repeated, guest, log_line, chosen_pid, chosen_comm, reaped,"
       " reaped_anon_rss_kb, reaped_shmem_rss_kb",
       "oom_kill"},
      {kRefusals, TakeRefusal,
       // A slab cache tries its least order last (mm/slub.c, allocate_slab()): oo = s->min.
       "kind, comm, pid, coalesce(\"order\", min_order), gfp_mask, gfp_flags, nodemask,"
       " mems_allowed, context, blame_symbol, blame_module, size_bytes,"
       " stall_ms, area, size_pages, error, area_free_pages, area_total_pages,"
       " area_largest_pages, reason",
       "page_alloc_failure"},
      {kReports, TakeMemInfo,
       "active_anon_pages, inactive_anon_pages, active_file_pages, inactive_file_pages,"
       " unevictable_pages, dirty_pages, writeback_pages, slab_reclaimable_pages,"
       " slab_unreclaimable_pages, slab_pages, pagetables_pages, shmem_pages, free_pages,"
       " free_cma_pages, pagecache_pages, swap_cache_pages, free_swap_kb, total_swap_kb,"
       " ram_pages, reserved_pages, isolated_anon_pages, isolated_file_pages, active_pages,"
       " inactive_pages, unstable_pages, free_pcp_pages, sec_pagetables_pages, highmem_pages",
       "mem_info"},
      // Worded as the index task_biggest is: SQLite then looks at nothing but these rows.
      {{"oom"},
       TakeTasks,
       "pid, uid, total_vm_pages, rss_pages, total_vm_kb, rss_kb, oom_score_adj, pgtables_kb,"
       " swap_kb, comm, guest, position, rss_rank <= 5, badness_rank,"
       " badness_rank <= 3 OR killed = 1, rss_shmem_pages",
       "task",
       "rss_rank",
       "rss_rank <= 5 OR badness_rank <= 3 OR killed = 1 OR guest IS NOT NULL"},
      {{"oom"}, TakeCommandSum, "comm, tasks, rss_kb", "task_command"},
      {{"meminfo", "free"}, TakeValues, "name, value, unit", "proc_value"},
      {{"command"}, TakeCommand, "text", "command"}};
  return kParts;
}

const std::vector<Part>& TraceParts() {
  using Kinds = std::vector<std::string_view>;
  static const Kinds kCrashes = {"oops",        "gpf",         "bug",       "panic",
                                 "warning",     "lockdep",     "sanitizer", "bad_page",
                                 "soft_lockup", "hard_lockup", "hung_task", "rcu_stall"};
  static const Kinds kWithTrace = [] {
    Kinds kinds = kCrashes;
    kinds.insert(kinds.end(), {"oom", "alloc_failure", "alloc_stall"});
    return kinds;
  }();
  static const std::vector<Part> kParts = {
      {kCrashes, TakeCrash,
       "title, comm, pid, cpu, taint, ip_symbol, ip_module, seconds, message, oops_count,"
       " blocker_comm, blocker_pid",
       "crash"},
      {kWithTrace, TakeFrames, "symbol, module, context, reliable, address", "call_frame", "rowid",
       "coalesce(trace, 0) = 0"},
      {kWithTrace, TakeWork, "workqueue, symbol, module", "work_item"},
      {{"mce"},
       TakeHardwareError,
       "severity, label, message, count, source, pfn",
       "hardware_error"}};
  return kParts;
}

std::string SqlOf(const Part& part) {
  return fmt::format(
      "SELECT {}, event_id FROM {} WHERE event_id BETWEEN ?1 AND ?2{} ORDER BY event_id, {}",
      part.columns, part.relation,
      part.condition.empty() ? "" : fmt::format(" AND ({})", part.condition), part.order);
}

// Those that may have rows of this part, in the order of their ids.
std::vector<EventFacts*> EventsOf(const Part& part, std::vector<EventFacts>& events) {
  std::vector<EventFacts*> found;
  for (EventFacts& event : events) {
    const bool wanted =
        std::find(part.kinds.begin(), part.kinds.end(), event.kind) != part.kinds.end();
    if (wanted) found.push_back(&event);
  }
  return found;
}

// True if all events with an id between those of the two are of the same incident, whose events lie
// in one vector in the order of their ids.
bool NoneBetween(const EventFacts* one, const EventFacts* other) {
  return one->id + (other - one) == other->id;
}

// Reads the rows of one part. One statement for all events that stand side by side in the store,
// most often an incident's: to start one for each, or to search for each, takes longer than to read
// its rows.
class PartReader {
 public:
  PartReader(RowReader& reader, const Part& part)
      : reader_(reader), part_(part), sql_(SqlOf(part)), left_(part.most_rows) {}

  Status Read(std::vector<EventFacts>& events) {
    const std::vector<EventFacts*> wanted = EventsOf(part_, events);
    Status read;
    for (auto from = wanted.begin(); read && left_ > 0 && from != wanted.end();) {
      const auto last = std::adjacent_find(from, wanted.end(), std::not_fn(NoneBetween));
      const auto end = last == wanted.end() ? last : std::next(last);
      read = ReadRun({from, end});
      from = end;
    }
    return read;
  }

 private:
  Status ReadRun(std::span<EventFacts* const> events) {
    auto event = events.begin();
    const auto take = [&](const Statement& row) {
      const int64_t event_id = row.GetInteger(row.column_count() - 1).value_or(0);
      while ((*event)->id < event_id) ++event;
      if ((*event)->id != event_id) return true;  // one of another kind
      part_.take(**event, row);
      return --left_ > 0;
    };
    return reader_.ForEach(sql_, {events.front()->id, events.back()->id}, take);
  }

  RowReader& reader_;
  const Part& part_;
  std::string sql_;
  int64_t left_;  // rows that may be read
};

}  // namespace

Status ReadEventRows(RowReader& reader, IncidentFacts& facts) {
  Status read;
  for (const auto* const parts : {&MemoryParts(), &NodeParts(), &HolderParts(), &TraceParts()}) {
    for (const Part& part : *parts) {
      if (read) read = PartReader(reader, part).Read(facts.events);
    }
  }
  return read;
}

}  // namespace kautopsy
