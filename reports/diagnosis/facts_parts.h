#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <vector>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/row_reader.h"

namespace kautopsy {

// How many rows by zone or node an incident's facts, which are in memory as a whole, hold at most:
// 500 reports (kMaxEventsPerIncident) of 8 nodes have fewer, with the zones Normal and Movable each
// and DMA and DMA32 on one.
inline constexpr int64_t kMostZones = 12288;

// What one relation adds to the events of some kinds. The columns are in the order that `take`
// reads them.
struct Part {
  std::vector<std::string_view> kinds;
  void (*take)(EventFacts&, const Statement&);
  std::string_view columns;
  std::string_view relation;
  std::string_view order = "rowid";
  std::string_view condition = {};
  int64_t most_rows = std::numeric_limits<int64_t>::max();  // that are read of an incident
};

// Zones with their free lists, nodes, huge pages; and the memory of nodes, which they add up to.
const std::vector<Part>& NodeParts();
// Fills in `zones_left_out`, once the events have their rows.
Status CountZonesLeftOut(RowReader& reader, IncidentFacts& facts);

// A cut report that lost the counters of the machine, but printed the lines of all its nodes, gets
// them from these: they add up to the same. All are there if their zones make up what the kernel
// manages.
void FillFromNodes(EventFacts& event);

// Gives Mem-Info blocks that lost the head of their report the frames that stand right above them;
// of a long log only if these are among the unclaimed lines that the store keeps.
Status ReadFramesAbove(RowReader& reader, IncidentFacts& facts);

// What tells who holds memory beside programs: caches, places of the kernel, control groups.
const std::vector<Part>& HolderParts();

// A column of 0 or 1.
inline std::optional<bool> Flag(const Statement& row, int column) {
  const Integer value = row.GetInteger(column);
  return value ? std::optional(*value != 0) : std::nullopt;
}

}  // namespace kautopsy
