#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "reports/compare/parts.h"
#include "reports/diagnosis/piece_index.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

struct ZonePair {
  const ZoneFacts* before = nullptr;
  const ZoneFacts* after = nullptr;
  const ZoneFacts& any() const { return before ? *before : *after; }
};

std::vector<ZonePair> PairsOf(const EventFacts& before, const EventFacts& after) {
  std::vector<ZonePair> pairs;
  for (const ZoneFacts& zone : before.zones) pairs.push_back({&zone, nullptr});
  for (const ZoneFacts& zone : after.zones) {
    const auto found = std::find_if(pairs.begin(), pairs.end(), [&](const ZonePair& pair) {
      return pair.before && !pair.after && pair.before->node == zone.node &&
             pair.before->zone == zone.zone;
    });
    if (found != pairs.end())
      found->after = &zone;
    else
      pairs.push_back({nullptr, &zone});
  }
  return pairs;
}

bool HasList(const ZoneFacts* zone) { return zone && !zone->cells.empty() && !ListIsCut(*zone); }

// None if it is beyond any machine, so that sums over zones fit.
Integer ListedKb(const ZoneFacts* zone, const EventFacts& event) {
  if (!zone) return std::nullopt;
  const Integer pages = ListedPages(*zone, event.page_kb());
  if (!pages || *pages > kLargestSize / event.page_kb()) return std::nullopt;
  return *pages * event.page_kb();
}

// The list's total and the counter are read a moment apart, so both sides give the same one.
void FillFree(const ZonePair& pair, const EventFacts& before, const EventFacts& after,
              ZoneChange& change) {
  change.free_before_kb = ListedKb(pair.before, before);
  change.free_after_kb = ListedKb(pair.after, after);
  const bool counters = pair.before && pair.after && pair.before->free_kb && pair.after->free_kb &&
                        (!change.free_before_kb || !change.free_after_kb);
  if (counters) {
    change.free_before_kb = pair.before->free_kb;
    change.free_after_kb = pair.after->free_kb;
  }
  if (!change.free_before_kb && pair.before) change.free_before_kb = pair.before->free_kb;
  if (!change.free_after_kb && pair.after) change.free_after_kb = pair.after->free_kb;
}

// By size, so that lists of pages of different size stand beside each other.
void FillCells(const ZonePair& pair, ZoneChange& change) {
  const auto cell_of = [&](const FreeCell& cell) -> CellChange& {
    const auto found =
        std::find_if(change.cells.begin(), change.cells.end(),
                     [&](const CellChange& known) { return known.block_kb == cell.block_kb; });
    if (found != change.cells.end()) return *found;
    change.cells.push_back({cell.order, cell.block_kb, std::nullopt, std::nullopt});
    return change.cells.back();
  };
  if (HasList(pair.before)) {
    for (const FreeCell& cell : pair.before->cells) cell_of(cell).before = cell.count;
  }
  if (HasList(pair.after)) {
    for (const FreeCell& cell : pair.after->cells) cell_of(cell).after = cell.count;
  }
  std::sort(
      change.cells.begin(), change.cells.end(),
      [](const CellChange& one, const CellChange& other) { return one.block_kb < other.block_kb; });
}

std::optional<PieceFigures> FiguresOf(const ZoneFacts* zone, int64_t piece_kb) {
  if (!HasList(zone)) return std::nullopt;
  PieceFigures figures;
  PieceSums sums;
  int order = 0;  // of piece_kb in this list's pages
  for (int64_t kb = zone->cells.front().block_kb; kb < piece_kb; kb *= 2) ++order;
  for (const FreeCell& cell : zone->cells) {
    sums.Add(cell.order, static_cast<double>(cell.count), order);
    if (cell.block_kb >= kHugePieceKb) figures.huge_pieces += cell.count;
    if (cell.block_kb < piece_kb) continue;
    figures.pieces += cell.count;
    figures.size_kb += cell.count * cell.block_kb;
  }
  if (figures.size_kb > kLargestSize) return std::nullopt;
  figures.unusable = UnusableIndex(sums, order);
  return figures;
}

void Add(const PieceFigures& figures, const Integer& free_kb, std::optional<PieceTotals>& totals) {
  if (!totals) totals = PieceTotals();
  totals->free_kb += free_kb.value_or(0);
  totals->large_kb += figures.size_kb;
  totals->pieces += figures.pieces;
  totals->huge_pieces += figures.huge_pieces;
}

void SumUp(ListChange& lists) {
  std::vector<std::string> names;
  for (const ZoneChange& zone : lists.zones) {
    if (zone.free_before_kb && zone.free_after_kb) {
      lists.free_before_kb = lists.free_before_kb.value_or(0) + *zone.free_before_kb;
      lists.free_after_kb = lists.free_after_kb.value_or(0) + *zone.free_after_kb;
    }
    if (!zone.counted || !zone.before || !zone.after) continue;
    Add(*zone.before, zone.free_before_kb, lists.before);
    Add(*zone.after, zone.free_after_kb, lists.after);
    if (std::find(names.begin(), names.end(), zone.zone) == names.end()) names.push_back(zone.zone);
  }
  lists.counted_names = JoinWords(names);
}

void NoteGaps(const ZonePair& pair, ListChange& lists) {
  const std::string name = ZoneName(pair.any());
  if (!pair.before) lists.notes.push_back(name + " is only in the second");
  if (!pair.after) lists.notes.push_back(name + " is only in the first");
  if (pair.before && ListIsCut(*pair.before))
    lists.notes.push_back("the first's free list of " + name + " is cut, so it is left out");
  if (pair.after && ListIsCut(*pair.after))
    lists.notes.push_back("the second's free list of " + name + " is cut, so it is left out");
}

}  // namespace

bool ZoneChange::Unchanged() const {
  return free_before_kb && free_before_kb == free_after_kb &&
         std::all_of(cells.begin(), cells.end(),
                     [](const CellChange& cell) { return cell.before == cell.after; });
}

ListChange CompareLists(const EventFacts& before, const EventFacts& after, int order) {
  ListChange lists;
  lists.order = order;
  lists.piece_kb = before.page_kb() << order;
  lists.comparable = before.page_kb() == after.page_kb();
  const std::vector<ZonePair> pairs = PairsOf(before, after);
  const bool ordinary = std::any_of(pairs.begin(), pairs.end(), [](const ZonePair& pair) {
    return IsOrdinaryZone(pair.any().zone);
  });
  for (const ZonePair& pair : pairs) {
    ZoneChange change;
    change.node = pair.any().node;
    change.zone = pair.any().zone;
    // A machine of less than 4 GiB has all of its memory in DMA32.
    change.counted = ordinary ? IsOrdinaryZone(change.zone) : change.zone != "DMA";
    FillFree(pair, before, after, change);
    FillCells(pair, change);
    change.before = FiguresOf(pair.before, lists.piece_kb);
    change.after = FiguresOf(pair.after, lists.piece_kb);
    NoteGaps(pair, lists);
    if (change.free_before_kb || change.free_after_kb || !change.cells.empty())
      lists.zones.push_back(std::move(change));
  }
  if (!lists.comparable) {
    lists.notes.insert(lists.notes.begin(),
                       fmt::format("pages of {}, then of {}: pieces are lined up by their size, "
                                   "and no difference is taken",
                                   PieceSize(before.page_kb()), PieceSize(after.page_kb())));
  }
  SumUp(lists);
  return lists;
}

}  // namespace kautopsy
