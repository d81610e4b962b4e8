#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "reports/diagnosis/facts_reader.h"

namespace kautopsy {
namespace {

// In the order of the columns of all three queries.
constexpr std::array<Integer NodeMemory::*, 17> kMembers = {&NodeMemory::total_kb,
                                                            &NodeMemory::anon_kb,
                                                            &NodeMemory::file_kb,
                                                            &NodeMemory::unevictable_kb,
                                                            &NodeMemory::isolated_kb,
                                                            &NodeMemory::shmem_kb,
                                                            &NodeMemory::kernel_stack_kb,
                                                            &NodeMemory::pagetables_kb,
                                                            &NodeMemory::free_kb,
                                                            &NodeMemory::free_pcp_kb,
                                                            &NodeMemory::free_cma_kb,
                                                            &NodeMemory::mlocked_kb,
                                                            &NodeMemory::bounce_kb,
                                                            &NodeMemory::slab_reclaimable_kb,
                                                            &NodeMemory::slab_unreclaimable_kb,
                                                            &NodeMemory::sec_pagetables_kb,
                                                            &NodeMemory::huge_pages_kb};

// Sizes beyond any machine are left out: a sum that overflows is an error.
std::string Sum(std::string_view column) {
  return fmt::format("sum(CASE WHEN {0} BETWEEN 0 AND 1099511627776 THEN {0} END)", column);
}

std::string Query(std::string_view relation, const std::array<std::string, 17>& columns) {
  std::string sql = "SELECT event_id, node";
  for (const std::string& column : columns) sql += ", " + (column.empty() ? "NULL" : column);
  return sql + fmt::format(
                   " FROM {} WHERE event_id IN"
                   " (SELECT event_id FROM event WHERE incident_id = ?1)"
                   " GROUP BY event_id, node ORDER BY event_id, node",
                   relation);
}

std::string ZoneQuery() {
  return Query("zone",
               {Sum("coalesce(managed_kb, present_kb)"),
                Sum("active_anon_kb") + " + " + Sum("inactive_anon_kb"),
                Sum("active_file_kb") + " + " + Sum("inactive_file_kb"), Sum("unevictable_kb"),
                Sum("isolated_anon_kb") + " + " + Sum("isolated_file_kb"), Sum("shmem_kb"),
                Sum("kernel_stack_kb"), Sum("pagetables_kb"), Sum("free_kb"), Sum("free_pcp_kb"),
                Sum("free_cma_kb"), Sum("mlocked_kb"), Sum("bounce_kb"), Sum("slab_reclaimable_kb"),
                Sum("slab_unreclaimable_kb"), "", ""});
}

std::string NodeQuery() {
  return Query("node",
               {"", Sum("active_anon_kb") + " + " + Sum("inactive_anon_kb"),
                Sum("active_file_kb") + " + " + Sum("inactive_file_kb"), Sum("unevictable_kb"),
                Sum("isolated_anon_kb") + " + " + Sum("isolated_file_kb"), Sum("shmem_kb"),
                Sum("kernel_stack_kb"), Sum("pagetables_kb"), "", "", "", "", "", "", "",
                Sum("sec_pagetables_kb"), ""});
}

std::string HugePagesQuery() {
  std::array<std::string, 17> columns;
  columns.back() = Sum("total * size_kb");
  return Query("hugepages", columns);
}

NodeMemory& MemoryOf(EventFacts& event, const Integer& node) {
  const auto found = std::find_if(event.node_memory.begin(), event.node_memory.end(),
                                  [&](const NodeMemory& memory) { return memory.node == node; });
  if (found != event.node_memory.end()) return *found;
  event.node_memory.emplace_back().node = node;
  return event.node_memory.back();
}

// The node line, which is read after the zones, counts since 4.8 what their lines counted before;
// those that both print are the same memory (mm/page_alloc.c, show_free_areas()).
void TakeNode(EventFacts& event, const Statement& row) {
  NodeMemory& memory = MemoryOf(event, row.GetInteger(1));
  for (std::size_t i = 0; i < kMembers.size(); ++i) {
    const Integer kb = Size(row, static_cast<int>(i) + 2);
    if (kb) memory.*kMembers[i] = kb;
  }
}

void TakeCommand(EventFacts& event, const Statement& row) {
  CommandSum command;
  command.comm = row.GetText(1);
  command.tasks = row.GetInteger(2).value_or(0);
  command.rss_kb = Size(row, 3);
  event.tasks.commands.push_back(std::move(command));
}

constexpr std::string_view kCommands =
    "SELECT event_id, comm, tasks, rss_kb FROM task_command WHERE event_id IN"
    " (SELECT event_id FROM event WHERE incident_id = ?1) ORDER BY event_id, rowid";

template <class TakeRow>
Status ReadRows(RowReader& reader, IncidentFacts& facts, const std::string& sql, TakeRow&& take) {
  auto event = facts.events.begin();
  return reader.ForEach(sql, facts.id, [&](const Statement& row) {
    const int64_t id = row.GetInteger(0).value_or(0);
    event = std::find_if(event, facts.events.end(),
                         [id](const EventFacts& candidate) { return candidate.id >= id; });
    if (event != facts.events.end() && event->id == id) take(*event, row);
  });
}

}  // namespace

Status ReadSums(RowReader& reader, IncidentFacts& facts) {
  static const std::array<std::string, 3> kQueries = {ZoneQuery(), NodeQuery(), HugePagesQuery()};
  for (const std::string& sql : kQueries) {
    Status read = ReadRows(reader, facts, sql, [](EventFacts& event, const Statement& row) {
      if (event.mem) TakeNode(event, row);
    });
    if (!read) return read;
  }
  return ReadRows(reader, facts, std::string(kCommands), TakeCommand);
}

}  // namespace kautopsy
