#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <set>

#include "reports/compare/figures.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/render/compare_sections.h"

namespace kautopsy {
namespace {

constexpr int kNameColumns = 11;
constexpr int kCellColumns = 6;

std::string NameOf(const ZoneChange& zone) {
  return Safe(zone.node ? fmt::format("{} {}", *zone.node, zone.zone) : zone.zone);
}

// The sizes that any changed zone has.
std::vector<int64_t> SizesOf(const ListChange& lists) {
  std::set<int64_t> sizes;
  for (const ZoneChange& zone : lists.zones) {
    if (zone.Unchanged()) continue;
    for (const CellChange& cell : zone.cells) sizes.insert(cell.block_kb);
  }
  return {sizes.begin(), sizes.end()};
}

const CellChange* CellOf(const ZoneChange& zone, int64_t block_kb) {
  const auto found =
      std::find_if(zone.cells.begin(), zone.cells.end(),
                   [block_kb](const CellChange& cell) { return cell.block_kb == block_kb; });
  return found == zone.cells.end() ? nullptr : &*found;
}

int64_t ListedKb(const ZoneChange& zone, Integer CellChange::*count) {
  int64_t kb = 0;
  for (const CellChange& cell : zone.cells) kb += (cell.*count).value_or(0) * cell.block_kb;
  return std::max<int64_t>(kb, 1);
}

std::string CountText(const Integer& count, int64_t block_kb, int64_t total_kb, bool bars) {
  if (!count) return bars ? "  " : " ";
  if (*count == 0) return bars ? "· " : "·";
  const double share =
      static_cast<double>(*count) * static_cast<double>(block_kb) / static_cast<double>(total_kb);
  return ShortCount(*count) + (bars ? std::string(ShareBar(share)) : "");
}

// Some of the sizes, side by side.
struct Columns {
  std::vector<int64_t> sizes;
  bool bars = true;
};

void WriteCounts(const ZoneChange& zone, Integer CellChange::*count, const Columns& columns,
                 const std::pair<const char*, TextWriter&>& label_and_writer) {
  const int64_t total_kb = ListedKb(zone, count);
  std::string line = PadRight(fmt::format("  {}", label_and_writer.first), kNameColumns);
  bool any = false;
  for (const int64_t size : columns.sizes) {
    const CellChange* const cell = CellOf(zone, size);
    any = any || (cell && (cell->*count).has_value());
    line += PadLeft(CountText(cell ? cell->*count : Integer(), size, total_kb, columns.bars),
                    kCellColumns);
  }
  label_and_writer.second.Line(any ? line : line.substr(0, kNameColumns) + " not in the text");
}

void WriteDifference(const ZoneChange& zone, const Columns& columns,
                     const std::pair<const char*, TextWriter&>& label_and_writer) {
  std::string line = PadRight(fmt::format("  {}", label_and_writer.first), kNameColumns);
  for (const int64_t size : columns.sizes) {
    const CellChange* const cell = CellOf(zone, size);
    const bool both = cell && cell->before && cell->after;
    const std::string text = both ? SignedCount(*cell->after - *cell->before) : cell ? "?" : "";
    line += PadLeft(text + (columns.bars ? " " : ""), kCellColumns);
  }
  label_and_writer.second.Line(line);
}

std::string FreeWords(const ZoneChange& zone) {
  if (zone.free_before_kb && zone.free_before_kb == zone.free_after_kb)
    return SizeText(*zone.free_before_kb) + " free in both";
  if (zone.free_before_kb && zone.free_after_kb)
    return SizePair(*zone.free_before_kb, *zone.free_after_kb) + " free";
  const Integer& known = zone.free_before_kb ? zone.free_before_kb : zone.free_after_kb;
  if (!known) return "free memory not in the text";
  return SizeText(*known) + " free, only in the " + (zone.free_before_kb ? "first" : "second");
}

void WriteZone(const ListChange& lists, const ZoneChange& zone, const Columns& columns,
               const SideLabels& labels, TextWriter& writer) {
  writer.Wrapped(NameOf(zone), kNameColumns + 1, FreeWords(zone));
  const bool listed = zone.before || zone.after;
  if (!listed) return;
  WriteCounts(zone, &CellChange::before, columns, {labels.before, writer});
  WriteCounts(zone, &CellChange::after, columns, {labels.after, writer});
  if (lists.comparable && zone.before && zone.after)
    WriteDifference(zone, columns, {labels.change, writer});
}

// What did not change is one line.
void WriteUnchanged(const ListChange& lists, TextWriter& writer) {
  std::vector<std::string> names;
  std::set<std::size_t> orders;
  for (const ZoneChange& zone : lists.zones) {
    if (!zone.Unchanged()) continue;
    names.push_back(NameOf(zone));
    orders.insert(zone.cells.size());
  }
  if (names.empty()) return;
  const bool one = orders.size() == 1 && *orders.begin() > 0;
  writer.Wrapped("  unchanged", kLabelColumns,
                 JoinWords(names) + (one ? fmt::format(", all {} orders", *orders.begin()) : ""));
}

// Of what the figures of the second table are the larger ones.
int64_t LargestKb(const ListChange& lists) {
  int64_t kb = 0;
  for (const ZoneChange& zone : lists.zones) {
    if (zone.before) kb = std::max(kb, zone.before->size_kb);
    if (zone.after) kb = std::max(kb, zone.after->size_kb);
  }
  return kb;
}

std::string_view Arrow(const TextWriter& writer) { return writer.options().unicode ? "→" : "->"; }

void WriteFigures(const ListChange& lists, const ZoneChange& zone, TextWriter& writer) {
  const int64_t of_kb = LargestKb(lists);
  const std::string_view arrow = Arrow(writer);
  const std::string before = Thousands(zone.before->pieces);
  const std::string after = Thousands(zone.after->pieces);
  if (writer.narrow()) {
    writer.Wrapped("  " + NameOf(zone), kLabelColumns,
                   fmt::format("{} → {} pieces, {}; unusable {:.2f} → {:.2f}", before, after,
                               SizePair(zone.before->size_kb, zone.after->size_kb),
                               zone.before->unusable, zone.after->unusable));
    return;
  }
  writer.Line(fmt::format("{}{} {} {}{} {} {}    {:.2f} {} {:.2f}",
                          PadRight("  " + NameOf(zone), kLabelColumns), PadLeft(before, 9), arrow,
                          PadLeft(after, 9), PadLeft(SizeNumber(zone.before->size_kb, of_kb), 11),
                          arrow, PadLeft(SizeNumber(zone.after->size_kb, of_kb), 8),
                          zone.before->unusable, arrow, zone.after->unusable));
}

void WriteFiguresHead(const ListChange& lists, TextWriter& writer) {
  const std::string piece = PieceSize(lists.piece_kb);
  if (writer.narrow()) {
    writer.Wrapped("", 0,
                   fmt::format("pieces of {0} and more, their memory, and the share of free memory "
                               "in smaller ones, unusable for {0}",
                               piece));
    return;
  }
  const std::string_view at_least = writer.options().unicode ? "≥" : ">=";
  const int arrow = DisplayWidth(Arrow(writer)) - 1;  // columns that ASCII takes more
  writer.Line(PadRight("", kLabelColumns) +
              PadLeft(fmt::format("pieces {} {}", at_least, piece), 21 + arrow) +
              PadLeft(fmt::format("their memory, {}", SizeUnit(LargestKb(lists))), 22 + arrow) +
              PadLeft("unusable for it", 19));
}

// The sizes that fit the width, then the next ones.
void WriteTables(const ListChange& lists, const SideLabels& labels, TextWriter& writer) {
  const Columns all{SizesOf(lists), !writer.narrow()};
  const int room = (writer.width() - kNameColumns) / kCellColumns;
  const auto fits = static_cast<std::size_t>(std::clamp(room, 1, all.bars ? 11 : 6));
  for (std::size_t first = 0; first < all.sizes.size(); first += fits) {
    const auto from = all.sizes.begin() + static_cast<std::ptrdiff_t>(first);
    const auto to = from + static_cast<std::ptrdiff_t>(std::min(fits, all.sizes.size() - first));
    const Columns columns{{from, to}, all.bars};
    std::string head = PadRight("", kNameColumns);
    for (const int64_t size : columns.sizes)
      head += PadLeft(PieceColumn(size) + (columns.bars ? " " : ""), kCellColumns);
    writer.Line(head);
    for (const ZoneChange& zone : lists.zones) {
      if (!zone.Unchanged()) WriteZone(lists, zone, columns, labels, writer);
    }
  }
}

bool HasFigures(const ZoneChange& zone) { return !zone.Unchanged() && zone.before && zone.after; }

}  // namespace

void WriteListChange(const ListChange& lists, const SideLabels& labels, TextWriter& writer) {
  writer.Blank();
  writer.Heading("FREE LISTS", writer.narrow()
                                   ? "pieces by size"
                                   : "pieces by size; bar = share of the zone's free memory");
  for (const std::string& note : lists.notes) writer.Wrapped("  ", 2, Safe(note));
  WriteTables(lists, labels, writer);
  if (std::any_of(lists.zones.begin(), lists.zones.end(), HasFigures)) {
    writer.Blank();
    WriteFiguresHead(lists, writer);
  }
  for (const ZoneChange& zone : lists.zones) {
    if (HasFigures(zone)) WriteFigures(lists, zone, writer);
  }
  WriteUnchanged(lists, writer);
}

}  // namespace kautopsy
