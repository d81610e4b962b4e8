#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

// Of the largest number that stands in front, so that all end below each other.
int SumColumns(const RerunSection& section) {
  constexpr int kUsual = 10;
  int columns = kUsual;
  for (const ZoneCheck& check : section.rerun.checks) {
    const std::string pages = Thousands(check.usable_pages.value_or(0));
    columns = std::max(columns, static_cast<int>(pages.size()));
  }
  return columns;
}

void WriteCheck(const ZoneCheck& check, const RerunSection& section, TextWriter& writer) {
  constexpr int kNameColumns = 16;
  const std::string name = PadRight("  " + Safe(CheckName(check)) + " ", kNameColumns);
  const std::string verdict = ShortVerdict(check, section.rerun.request.assumed);
  if (!check.usable_pages || !check.mark_pages) {
    writer.Wrapped(name, kNameColumns, Safe(check.reason));
    return;
  }
  const int64_t wanted = *check.mark_pages + check.reserve_pages.value_or(0);
  const std::string usable = PadLeft(Thousands(*check.usable_pages), SumColumns(section));
  std::string sum = fmt::format("{} {}", *check.usable_pages > wanted ? ">" : "≤",
                                PadLeft(Thousands(*check.mark_pages), 6));
  if (check.reserve_pages.value_or(0) > 0) sum += " + " + Thousands(*check.reserve_pages);
  sum += StepsWords(check, section.page_kb);
  const std::string head = name + usable;
  if (DisplayWidth(head) + 1 + DisplayWidth(sum) <= writer.width()) {
    writer.LineWithTail(head + " " + sum, verdict, Tone::kPlain);
  } else {
    writer.Wrapped(head, kNameColumns, sum);
    writer.LineWithTail("", verdict, Tone::kPlain);
  }
  std::string note = LeftOutWords(check);
  const std::string mark = MarkWords(check);
  if (!mark.empty()) note += (note.empty() ? "" : "; ") + mark;
  if (check.verdict == ZoneVerdict::kUnknown) note += (note.empty() ? "" : "; ") + check.reason;
  if (!note.empty()) writer.Wrapped(PadRight("", kNameColumns), kNameColumns, Safe(note));
}

std::string CellText(const ZoneFacts& zone, int64_t block_kb, int64_t total_kb, bool bars) {
  for (const FreeCell& cell : zone.cells) {
    if (cell.block_kb != block_kb) continue;
    if (cell.count == 0) return bars ? "· " : "·";
    const double share = static_cast<double>(cell.count) * static_cast<double>(block_kb) /
                         static_cast<double>(std::max<int64_t>(total_kb, 1));
    return ShortCount(cell.count) + (bars ? std::string(ShareBar(share)) : "");
  }
  return bars ? "  " : " ";
}

constexpr int kCellColumns = 6;

std::string ListName(const ZoneFacts& zone) {
  return "  " + Safe(zone.node ? fmt::format("{} {}", *zone.node, zone.zone) : zone.zone);
}

// Enough that a blank stands behind every name.
int ListNameColumns(const FreeListSection& section) {
  int columns = 11;
  for (const ZoneFacts& zone : section.zones)
    columns = std::max(columns, DisplayWidth(ListName(zone)) + 1);
  return columns;
}

// One table of at most as many sizes as fit the width.
void WriteListTable(const FreeListSection& section, std::size_t first, std::size_t last, bool bars,
                    TextWriter& writer) {
  const int name_columns = ListNameColumns(section);
  std::string head(static_cast<std::size_t>(name_columns), ' ');
  for (std::size_t i = first; i < last; ++i)
    head += PadLeft(PieceColumn(section.block_kb[i]) + (bars ? " " : ""), kCellColumns);
  writer.Line(head);
  for (const ZoneFacts& zone : section.zones) {
    if (zone.cells.empty()) continue;
    int64_t total_kb = 0;
    for (const FreeCell& cell : zone.cells) total_kb += cell.count * cell.block_kb;
    std::string line = PadRight(ListName(zone), name_columns);
    for (std::size_t i = first; i < last; ++i) {
      line += PadLeft(CellText(zone, section.block_kb[i], total_kb, bars), kCellColumns);
    }
    writer.Line(line);
  }
}

void WriteBar(const MemorySection& section, TextWriter& writer) {
  const int columns = writer.width() - 4;
  std::string bar;
  int drawn = 0;
  for (const MemoryItem& item : MemoryItems(section)) {
    if (item.share < kDrawnShare) continue;
    const int cells =
        std::min(std::max(1, static_cast<int>(std::lround(item.share * columns))), columns - drawn);
    for (int i = 0; i < cells; ++i) bar += item.sign;
    drawn += cells;
  }
  writer.Line("  " + bar);
}

std::string ItemWords(const MemorySection& section) {
  const auto ram = static_cast<double>(section.ram_kb);
  std::string drawn;
  std::string small;
  for (const MemoryItem& item : MemoryItems(section)) {
    if (item.share >= kDrawnShare) {
      drawn += fmt::format("{}{} {} {} ({} %)", drawn.empty() ? "" : "  ", item.sign, item.name,
                           SizeText(item.kb), PercentNumber(static_cast<double>(item.kb), ram));
    } else {
      small += fmt::format("{}{} {}", small.empty() ? "" : ", ", item.name, SizeText(item.kb));
    }
  }
  return drawn + (small.empty() ? "" : "  too small to draw: " + small);
}

}  // namespace

void WriteDeaths(const IncidentReport& report, TextWriter& writer) {
  if (report.deaths.empty()) return;
  constexpr int kMomentColumns = 19;
  writer.Line("WHAT DIED", Tone::kBold);
  for (const Death& death : report.deaths) {
    const std::string moment = "  " + Safe(death.moment);
    const int columns = std::max(kMomentColumns, DisplayWidth(moment) + 1);
    writer.Wrapped(moment, columns, Safe(death.what), death.refs);
    for (const std::string& detail : death.details) writer.Wrapped("    ", 4, Safe(detail));
    if (!death.damage.empty()) writer.Wrapped("    ", 4, "incomplete: " + Safe(death.damage));
  }
}

void WriteReruns(const IncidentReport& report, TextWriter& writer) {
  for (const RerunSection& section : report.why) {
    writer.Heading("WHY", Safe(section.question), section.refs);
    writer.Wrapped("  ", 2, Safe(section.rule));
    for (const ZoneCheck& check : section.rerun.checks) WriteCheck(check, section, writer);
    for (const std::string& note : section.notes) writer.Wrapped("  ", 2, Safe(note));
  }
}

void WriteFreeLists(const IncidentReport& report, TextWriter& writer) {
  for (const FreeListSection& section : report.free_lists) {
    const bool bars = !writer.narrow();
    const int room = (writer.width() - ListNameColumns(section)) / kCellColumns;
    const auto fits = static_cast<std::size_t>(std::clamp(room, 1, bars ? 11 : 6));
    const std::string day = section.day.empty() ? "" : section.day + ", ";
    writer.Heading("FREE LISTS",
                   Safe(day) + (bars ? "pieces by size; bar = share of the zone's free memory"
                                     : "pieces by size"),
                   section.refs);
    for (std::size_t first = 0; first < section.block_kb.size(); first += fits) {
      WriteListTable(section, first, std::min(first + fits, section.block_kb.size()), bars, writer);
    }
  }
}

void WriteMemory(const IncidentReport& report, TextWriter& writer) {
  for (const MemorySection& section : report.memory) {
    if (section.ram_kb <= 0) continue;
    const std::optional<MemorySection> reach = ReachSection(section);
    const MemorySection& drawn = reach ? *reach : section;
    writer.Heading("MEMORY",
                   (section.day.empty() ? "" : Safe(section.day) + ", ") + SizeText(drawn.ram_kb) +
                       (reach ? " that the request could use: " + Safe(section.reach) : ""),
                   section.refs);
    WriteBar(drawn, writer);
    writer.Wrapped("  ", 2, ItemWords(drawn));
    if (reach) writer.Wrapped("  ", 2, MachineMemoryWords(section));
    if (!section.note.empty()) writer.Wrapped("  ", 2, Safe(section.note));
  }
}

void WriteHolders(const IncidentReport& report, TextWriter& writer) {
  constexpr std::size_t kMostNamed = 8;
  for (const HoldersSection& section : report.holders) {
    std::vector<std::string> parts;
    for (std::size_t i = 0; i < section.holders.size() && i < kMostNamed; ++i) {
      const Holder& holder = section.holders[i];
      parts.push_back(fmt::format("{} {}{}", holder.name, SizeText(holder.rss_kb),
                                  holder.killed ? " (killed)" : ""));
    }
    if (section.holders.size() > kMostNamed)
      parts.push_back(fmt::format("and {} more", section.holders.size() - kMostNamed));
    // Blanks set them apart in one line; where it is wrapped, blanks are lost.
    constexpr int kBesideNames = 14;  // the section's name and a reference
    const auto line = [&](std::string_view behind_day, std::string_view between) {
      return fmt::format("{}{}{}", section.day, section.day.empty() ? "" : behind_day,
                         fmt::join(parts, between));
    };
    std::string names = line("   ", "   ");
    if (DisplayWidth(names) + kBesideNames > writer.width()) names = line(": ", ", ");
    writer.Heading(section.guests ? "GUESTS" : "PROGRAMS", Safe(names), section.refs);
    const std::string commands = CommandsWords(section);
    if (!commands.empty()) writer.Wrapped("  by name: ", 11, Safe(commands));
    for (const std::string& grown : section.grown) writer.Wrapped("  grew: ", 8, Safe(grown));
    const std::string together = TogetherWords(section);
    if (!together.empty()) writer.Wrapped("  ", 2, together);
  }
}

}  // namespace kautopsy
