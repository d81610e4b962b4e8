#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "reports/diagnosis/facts_reader.h"
#include "reports/diagnosis/facts_tables.h"

namespace kautopsy {
namespace {

// With blocks of at most 1 GiB, the sum of a list then fits 63 bits.
constexpr int64_t kLargestBlockCount = int64_t{1} << 36;
constexpr int64_t kLargestBlockKb = int64_t{1} << 20;
constexpr int64_t kLargestOrder = 30;

Integer Order(const Statement& row, int column) {
  const Integer value = row.GetInteger(column);
  if (value && (*value < -1 || *value > kLargestOrder)) return std::nullopt;
  return value;
}

Status ReadOom(RowReader& reader, EventFacts& event) {
  constexpr const char* kSql =
      "SELECT invoker_comm, invoker_pid, gfp_mask, gfp_flags, \"order\", oom_score_adj,"
      " constraint_kind, nodemask, mems_allowed, oom_memcg, task_memcg, outcome, trigger"
      " FROM oom_report WHERE event_id = ?1";
  return reader.ForEach(kSql, event.id, [&](const Statement& row) {
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
    event.oom = std::move(oom);
  });
}

Status ReadKills(RowReader& reader, EventFacts& event) {
  constexpr const char* kSql =
      "SELECT pid, comm, uid, score, oom_score_adj, total_vm_kb, anon_rss_kb, file_rss_kb,"
      " shmem_rss_kb, reason, repeated, guest, log_line FROM oom_kill WHERE event_id = ?1 ORDER BY "
      "rowid";
  return reader.ForEach(kSql, event.id, [&](const Statement& row) {
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
    event.kills.push_back(std::move(kill));
  });
}

Status ReadRefusal(RowReader& reader, EventFacts& event) {
  constexpr const char* kSql =
      "SELECT kind, comm, pid, \"order\", gfp_mask, gfp_flags, nodemask, mems_allowed, context,"
      " blame_symbol, blame_module, size_bytes FROM page_alloc_failure WHERE event_id = ?1";
  return reader.ForEach(kSql, event.id, [&](const Statement& row) {
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
    event.refusal = std::move(refusal);
  });
}

Status ReadFrames(RowReader& reader, EventFacts& event) {
  constexpr const char* kSql =
      "SELECT symbol, module, context, reliable FROM call_frame WHERE event_id = ?1"
      " AND coalesce(trace, 0) = 0 ORDER BY position";
  return reader.ForEach(kSql, event.id, [&](const Statement& row) {
    FrameFacts frame;
    frame.symbol = row.GetText(0).value_or("?");
    frame.module = row.GetText(1);
    frame.context = row.GetText(2);
    frame.reliable = row.GetInteger(3).value_or(1) != 0;
    event.frames.push_back(std::move(frame));
  });
}

Integer Sum(const Integer& one, const Integer& other) {
  if (!one && !other) return std::nullopt;
  return one.value_or(0) + other.value_or(0);
}

Status ReadMemInfo(RowReader& reader, EventFacts& event) {
  constexpr const char* kSql =
      "SELECT active_anon_pages, inactive_anon_pages, active_file_pages, inactive_file_pages,"
      " unevictable_pages, dirty_pages, writeback_pages, slab_reclaimable_pages,"
      " slab_unreclaimable_pages, slab_pages, pagetables_pages, shmem_pages, free_pages,"
      " free_cma_pages, pagecache_pages, swap_cache_pages, free_swap_kb, total_swap_kb, ram_pages,"
      " reserved_pages, isolated_anon_pages, isolated_file_pages, active_pages, inactive_pages"
      " FROM mem_info WHERE event_id = ?1";
  return reader.ForEach(kSql, event.id, [&](const Statement& row) {
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
    if (!mem.slab_pages)
      mem.slab_pages = Sum(mem.slab_reclaimable_pages, mem.slab_unreclaimable_pages);
    event.mem = mem;
  });
}

// The array as the kernel printed it, kept as JSON; empty if it is not an array of sane numbers.
std::vector<int64_t> ReserveOf(const Text& text) {
  std::vector<int64_t> pages;
  if (!text) return pages;
  const nlohmann::json array = nlohmann::json::parse(*text, nullptr, false);
  if (!array.is_array()) return pages;
  for (const nlohmann::json& value : array) {
    if (!value.is_number_integer()) return {};
    const int64_t reserve = value.get<int64_t>();
    if (reserve < 0 || reserve > kLargestSize) return {};
    pages.push_back(reserve);
  }
  return pages;
}

Status ReadZones(RowReader& reader, EventFacts& event) {
  constexpr const char* kSql =
      "SELECT node, zone, free_kb, min_kb, low_kb, high_kb, present_kb, managed_kb,"
      " reserved_highatomic_kb, free_highatomic_kb, free_cma_kb, slab_unreclaimable_kb,"
      " kernel_stack_kb, active_file_kb, inactive_file_kb, free_list_kb, lowmem_reserve_pages"
      " FROM zone WHERE event_id = ?1 ORDER BY rowid";
  return reader.ForEach(kSql, event.id, [&](const Statement& row) {
    ZoneFacts zone;
    zone.node = Size(row, 0);
    zone.zone = row.GetText(1).value_or("?");
    Integer* const sizes[] = {&zone.free_kb,
                              &zone.min_kb,
                              &zone.low_kb,
                              &zone.high_kb,
                              &zone.present_kb,
                              &zone.managed_kb,
                              &zone.reserved_highatomic_kb,
                              &zone.free_highatomic_kb,
                              &zone.free_cma_kb,
                              &zone.slab_unreclaimable_kb,
                              &zone.kernel_stack_kb,
                              &zone.active_file_kb,
                              &zone.inactive_file_kb,
                              &zone.free_list_kb};
    int column = 2;
    for (Integer* const size : sizes) *size = Size(row, column++);
    zone.lowmem_reserve_pages = ReserveOf(row.GetText(16));
    event.zones.push_back(std::move(zone));
  });
}

ZoneFacts& ZoneOf(EventFacts& event, const Integer& node, std::string_view name) {
  for (ZoneFacts& zone : event.zones) {
    if (zone.node == node && zone.zone == name) return zone;
  }
  ZoneFacts zone;
  zone.node = node;
  zone.zone = name;
  event.zones.push_back(std::move(zone));
  return event.zones.back();
}

// "[1648026,0,3]", as the store holds it, order by order until one that is not sane.
std::vector<FreeCell> CellsOf(std::string_view counts, int64_t page_kb) {
  std::vector<FreeCell> cells;
  if (page_kb <= 0 || page_kb > kLargestBlockKb) return cells;
  FreeCell cell;
  cell.block_kb = page_kb;
  while (ConsumePrefix(counts, cells.empty() ? "[" : ",")) {
    cell.order = static_cast<int>(cells.size());
    cell.count = ConsumeInteger(counts).value_or(-1);
    const bool sane =
        cell.count >= 0 && cell.count <= kLargestBlockCount && cell.block_kb <= kLargestBlockKb;
    if (!sane) break;
    cells.push_back(cell);
    cell.block_kb *= 2;
  }
  return cells;
}

// ["UM",null,"M"]
void ReadTypes(std::string_view types, std::vector<FreeCell>& cells) {
  ConsumePrefix(types, "[");
  for (FreeCell& cell : cells) {
    std::string_view item = types.substr(0, types.find_first_of(",]"));
    types.remove_prefix(std::min(item.size() + 1, types.size()));
    if (ConsumePrefix(item, "\"") && item.ends_with('"'))
      cell.migrate_types = std::string(item.substr(0, item.size() - 1));
  }
}

Status ReadFreeLists(RowReader& reader, EventFacts& event) {
  constexpr const char* kSql =
      "SELECT node, zone, block_kb, counts, migrate_types FROM free_list_line"
      " WHERE event_id = ?1 ORDER BY rowid";
  return reader.ForEach(kSql, event.id, [&](const Statement& row) {
    ZoneFacts& zone = ZoneOf(event, Size(row, 0), row.ViewText(1));
    if (!zone.cells.empty()) return;
    zone.cells = CellsOf(row.ViewText(3), row.GetInteger(2).value_or(0));
    ReadTypes(row.ViewText(4), zone.cells);
  });
}

}  // namespace

Status ReadEventRows(RowReader& reader, EventFacts& event) {
  using ReadRows = Status (*)(RowReader&, EventFacts&);
  struct Part {
    std::string_view kind;
    std::vector<ReadRows> readers;
  };
  static const std::vector<Part> kParts = {
      {"oom", {ReadOom, ReadKills, ReadMemInfo, ReadZones, ReadFreeLists, ReadTasks}},
      {"alloc_failure", {ReadRefusal, ReadFrames, ReadMemInfo, ReadZones, ReadFreeLists}},
      {"alloc_stall", {ReadRefusal, ReadFrames, ReadMemInfo, ReadZones, ReadFreeLists}},
      {"mem_info", {ReadMemInfo, ReadZones, ReadFreeLists}},
      {"buddyinfo", {ReadFreeLists}},
      {"meminfo", {ReadValues}},
      {"free", {ReadValues}},
      {"command", {ReadCommand}},
  };
  const auto part = std::find_if(kParts.begin(), kParts.end(),
                                 [&](const Part& entry) { return entry.kind == event.kind; });
  if (part == kParts.end()) return {};
  for (const ReadRows read : part->readers) {
    Status status = read(reader, event);
    if (!status) return status;
  }
  return {};
}

}  // namespace kautopsy
