#include "reports/diagnosis/snapshot_series.h"

namespace kautopsy {
namespace {

Integer DmaKb(const Snapshot& snapshot) {
  for (const ZoneFacts& zone : snapshot.lists->zones) {
    if (zone.zone == "DMA") return ListedPages(zone, snapshot.lists->page_kb());
  }
  return std::nullopt;
}

}  // namespace

std::optional<AfterCompaction> FindAfterCompaction(const std::vector<Snapshot>& snapshots,
                                                   int order) {
  std::optional<AfterCompaction> found;
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.machine == Machine::kOther || !snapshot.lists) continue;
    const Integer pieces = PiecesFrom(snapshot, order, std::nullopt);
    if (!pieces) continue;
    if (found) {
      found->later = &snapshot;
      found->later_pieces = pieces;
      return found;
    }
    if (snapshot.after_compact) found = AfterCompaction{&snapshot, *pieces, nullptr, std::nullopt};
  }
  return found;
}

std::optional<CompactionPair> FindCompactionPair(const std::vector<Snapshot>& snapshots,
                                                 int order) {
  for (std::size_t i = 1; i < snapshots.size(); ++i) {
    const Snapshot& before = snapshots[i - 1];
    const Snapshot& after = snapshots[i];
    if (!before.lists || !after.lists || !after.after_compact || after.after_drop) continue;
    const Integer from = PiecesFrom(before, order, std::nullopt);
    const Integer to = PiecesFrom(after, order, std::nullopt);
    if (!from || !to || !DmaKb(before) || DmaKb(before) != DmaKb(after)) continue;
    CompactionPair pair{&before, &after, *from, *to, 0, 0};
    pair.before_free_kb = OrdinaryFreeKb(*before.lists).value_or(0);
    pair.after_free_kb = OrdinaryFreeKb(*after.lists).value_or(0);
    return pair;
  }
  return std::nullopt;
}

const Snapshot* TightestMeminfo(const std::vector<Snapshot>& snapshots) {
  const Snapshot* tightest = nullptr;
  for (const Snapshot& snapshot : snapshots) {
    if (snapshot.machine == Machine::kOther || !snapshot.anon_kb || !snapshot.free_kb) continue;
    const int64_t room_kb = *snapshot.anon_kb + *snapshot.free_kb;
    if (!tightest || room_kb < *tightest->anon_kb + *tightest->free_kb) tightest = &snapshot;
  }
  return tightest;
}

}  // namespace kautopsy
