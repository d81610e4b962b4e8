#pragma once

#include <optional>
#include <vector>

#include "reports/diagnosis/snapshots.h"

namespace kautopsy {

// The host's snapshot that was taken after its memory had been compacted.
struct AfterCompaction {
  const Snapshot* snapshot = nullptr;
  int64_t pieces = 0;               // in ordinary zones
  const Snapshot* later = nullptr;  // the next snapshot of the host that has free lists
  Integer later_pieces;
};
std::optional<AfterCompaction> FindAfterCompaction(const std::vector<Snapshot>& snapshots,
                                                   int order);

// Two neighbouring snapshots of one machine with nothing but a compaction between them.
struct CompactionPair {
  const Snapshot* before = nullptr;
  const Snapshot* after = nullptr;
  int64_t before_pieces = 0;
  int64_t after_pieces = 0;
  int64_t before_free_kb = 0;
  int64_t after_free_kb = 0;
};
std::optional<CompactionPair> FindCompactionPair(const std::vector<Snapshot>& snapshots, int order);

// The host's undated snapshot with the least memory in programs and free together: what guests
// could have had at that moment. Null without such figures.
const Snapshot* TightestMeminfo(const std::vector<Snapshot>& snapshots);

}  // namespace kautopsy
