#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

// The share of a whole as one of eight bars; every share above zero shows.
std::string_view Bar(double share) {
  constexpr std::array<std::string_view, 8> kBars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const int step = static_cast<int>(std::ceil(std::clamp(share, 0.0, 1.0) * 8));
  return kBars[static_cast<std::size_t>(std::clamp(step, 1, 8) - 1)];
}

std::string SumOfSteps(const ZoneCheck& check) {
  if (check.steps.empty()) return "";
  std::string words;
  constexpr std::size_t kNamed = 2;  // singles and pairs; more are summed up
  int64_t taken = 0;
  for (const LoopStep& step : check.steps) {
    taken += step.taken_pages;
    if (check.steps.size() > kNamed || step.taken_pages == 0) continue;
    words += fmt::format(" − {}{}", Thousands(step.taken_pages), step.order == 0 ? " singles" : "");
  }
  if (check.steps.size() > kNamed) words = fmt::format(" − {} in smaller pieces", Thousands(taken));
  const LoopStep& last = check.steps.back();
  if (words.empty()) return "";
  const std::string left =
      last.left_pages < 0 ? "−" + Thousands(-last.left_pages) : Thousands(last.left_pages);
  words = fmt::format("{} = {}", words, left);
  if (last.wanted_pages > 0)
    words += fmt::format("{} {}", last.left_pages > last.wanted_pages ? " >" : " ≤",
                         Thousands(last.wanted_pages));
  return words;
}

std::string ShortVerdict(const ZoneCheck& check, bool assumed) {
  if (check.verdict == ZoneVerdict::kServed) return assumed ? "yes" : "would pass";
  if (check.verdict == ZoneVerdict::kUnknown) return "?";
  if (!check.eligible) return "not for it";
  const bool kept_back = check.reserve_pages.value_or(0) > 0 && check.watermark_ok == false &&
                         check.steps.empty() && check.usable_pages > check.mark_pages.value_or(0);
  if (kept_back) return "no, kept back";
  if (check.watermark_ok == true && check.blocks_ok == false) return "no piece";
  return "no";
}

void WriteCheck(const ZoneCheck& check, bool assumed, TextWriter& writer) {
  constexpr int kNameColumns = 16;
  const std::string name = PadRight("  " + Safe(CheckName(check)) + " ", kNameColumns);
  const std::string verdict = ShortVerdict(check, assumed);
  if (!check.usable_pages || !check.mark_pages) {
    writer.Wrapped(name, kNameColumns, Safe(check.reason));
    return;
  }
  const int64_t wanted = *check.mark_pages + check.reserve_pages.value_or(0);
  std::string sum = fmt::format("{} {} {}", PadLeft(Thousands(*check.usable_pages), 10),
                                *check.usable_pages > wanted ? ">" : "≤",
                                PadLeft(Thousands(*check.mark_pages), 6));
  if (check.reserve_pages.value_or(0) > 0) sum += " + " + Thousands(*check.reserve_pages);
  writer.LineWithTail(name + sum + SumOfSteps(check), verdict, Tone::kPlain);
}

std::string CellText(const ZoneFacts& zone, int64_t block_kb, int64_t total_kb, bool bars) {
  for (const FreeCell& cell : zone.cells) {
    if (cell.block_kb != block_kb) continue;
    if (cell.count == 0) return bars ? "· " : "·";
    const double share = static_cast<double>(cell.count) * static_cast<double>(block_kb) /
                         static_cast<double>(std::max<int64_t>(total_kb, 1));
    return ShortCount(cell.count) + (bars ? std::string(Bar(share)) : "");
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

struct BarItem {
  std::string_view item;
  std::string_view name;
  std::string_view sign;
};

constexpr std::array<BarItem, 16> kBarItems = {{{"anon", "programs", "█"},
                                                {"lru", "programs and files", "█"},
                                                {"unevictable", "locked", "█"},
                                                {"file", "file cache", "▒"},
                                                {"isolated", "isolated", "▒"},
                                                {"slab_unreclaimable", "slab", "▓"},
                                                {"slab_reclaimable", "reclaimable slab", "▓"},
                                                {"slab", "slab", "▓"},
                                                {"pagetables", "page tables", "▓"},
                                                {"kernel_stacks", "kernel stacks", "▓"},
                                                {"sec_pagetables", "guest page tables", "▓"},
                                                {"huge_pages", "huge pages", "▓"},
                                                {"bounce", "bounce buffers", "▓"},
                                                {"free", "free", "░"},
                                                {"free_pcp", "free on CPU lists", "░"},
                                                {"not_itemised", "not itemised", "▒"}}};

// Below this share an item is named but not drawn.
constexpr double kDrawnShare = 0.005;
// Programs of one name are told from this share of RAM on.
constexpr double kToldShare = 0.05;
// Below this it says nothing about where the memory is.
constexpr double kNamedShare = 0.001;

void WriteBar(const MemorySection& section, TextWriter& writer) {
  const int columns = writer.width() - 4;
  std::string bar;
  int drawn = 0;
  for (const BarItem& entry : kBarItems) {
    const double share = static_cast<double>(ItemKb(section.items, entry.item)) /
                         static_cast<double>(section.ram_kb);
    if (share < kDrawnShare) continue;
    const int cells =
        std::min(std::max(1, static_cast<int>(std::lround(share * columns))), columns - drawn);
    for (int i = 0; i < cells; ++i) bar += entry.sign;
    drawn += cells;
  }
  writer.Line("  " + bar);
}

// The number alone where the other size says the unit.
std::string SharedUnit(int64_t kb, int64_t other_kb) {
  constexpr int64_t kKbPerGib = 1024 * 1024;
  return kb >= kKbPerGib && other_kb >= kKbPerGib ? GibNumber(kb) : SizeText(kb);
}

std::string ItemWords(const MemorySection& section) {
  const auto ram = static_cast<double>(section.ram_kb);
  std::string drawn;
  std::string small;
  for (const BarItem& entry : kBarItems) {
    const int64_t kb = ItemKb(section.items, entry.item);
    const double share = static_cast<double>(kb) / ram;
    if (share >= kDrawnShare) {
      drawn +=
          fmt::format("{}{} {} {} ({} %)", drawn.empty() ? "" : "  ", entry.sign, entry.name,
                      SharedUnit(kb, section.ram_kb), PercentNumber(static_cast<double>(kb), ram));
    } else if (share >= kNamedShare) {
      small += fmt::format("{}{} {}", small.empty() ? "" : ", ", entry.name, SizeText(kb));
    }
  }
  return drawn + (small.empty() ? "" : "  too small to draw: " + small);
}

// "312 x httpd 40.0 GiB"; what is told of a few small ones is of no use.
void WriteCommands(const HoldersSection& section, TextWriter& writer) {
  constexpr std::size_t kMostNamed = 3;
  std::string names;
  for (std::size_t i = 0; i < section.commands.size() && i < kMostNamed; ++i) {
    const CommandSum& command = section.commands[i];
    const double share = static_cast<double>(command.rss_kb.value_or(0)) /
                         static_cast<double>(section.ram_kb.value_or(0));
    if (!section.ram_kb || share < kToldShare) continue;
    names += fmt::format("{}{} x {} {}", names.empty() ? "" : "   ", Thousands(command.tasks),
                         CommName(command.comm), SizeText(*command.rss_kb));
  }
  if (!names.empty()) writer.Wrapped("  by name: ", 11, Safe(names));
}

std::string SectionName(std::string_view name, const std::string& day) {
  return fmt::format("{}{}{}", name, day.empty() ? "" : " ", Safe(day));
}

}  // namespace

std::string_view BalanceItemName(std::string_view item) {
  for (const BarItem& entry : kBarItems) {
    if (entry.item == item) return entry.name;
  }
  return item;
}

void WriteDeaths(const IncidentReport& report, TextWriter& writer) {
  if (report.deaths.empty()) return;
  constexpr int kMomentColumns = 19;
  writer.Line("WHAT DIED", Tone::kBold);
  for (const Death& death : report.deaths) {
    writer.Wrapped("  " + Safe(death.moment), kMomentColumns, Safe(death.what), death.refs);
    for (const std::string& detail : death.details) writer.Wrapped("    ", 4, Safe(detail));
    if (death.damage.empty()) continue;
    const std::string damage = "    incomplete: " + Safe(death.damage);
    writer.Line(writer.options().verbose ? damage : writer.Cut(damage, writer.width()));
  }
}

void WriteReruns(const IncidentReport& report, TextWriter& writer) {
  for (const RerunSection& section : report.why) {
    writer.Heading("WHY", Safe(section.question), section.refs);
    writer.Wrapped("  ", 2, Safe(section.rule));
    for (const ZoneCheck& check : section.rerun.checks)
      WriteCheck(check, section.rerun.request.assumed, writer);
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
    writer.Heading("MEMORY",
                   SectionName("", section.day).substr(section.day.empty() ? 0 : 1) +
                       (section.day.empty() ? "" : ", ") + SizeText(section.ram_kb),
                   section.refs);
    WriteBar(section, writer);
    writer.Wrapped("  ", 2, ItemWords(section));
    if (!section.note.empty()) writer.Wrapped("  ", 2, Safe(section.note));
  }
}

void WriteHolders(const IncidentReport& report, TextWriter& writer) {
  constexpr std::size_t kMostNamed = 8;
  for (const HoldersSection& section : report.holders) {
    std::string names;
    for (std::size_t i = 0; i < section.holders.size() && i < kMostNamed; ++i) {
      const Holder& holder = section.holders[i];
      names += fmt::format("{}{} {}{}", i == 0 ? "" : "   ", holder.name, SizeText(holder.rss_kb),
                           holder.killed ? " (killed)" : "");
    }
    if (section.holders.size() > kMostNamed)
      names += fmt::format("   and {} more", section.holders.size() - kMostNamed);
    writer.Heading(section.guests ? "GUESTS" : "PROGRAMS",
                   Safe(SectionName("", section.day).substr(section.day.empty() ? 0 : 1) +
                        (section.day.empty() ? "" : "   ") + names),
                   section.refs);
    WriteCommands(section, writer);
    for (const std::string& grown : section.grown) writer.Wrapped("  grew: ", 8, Safe(grown));
    if (!section.ram_kb || section.holders.size() < 2) continue;
    const int64_t left_kb = *section.ram_kb - section.total_kb;
    writer.Wrapped(
        "  ", 2,
        fmt::format("together {} of {} = {} %; {} left for {}",
                    SharedUnit(section.total_kb, *section.ram_kb), SizeText(*section.ram_kb),
                    PercentNumber(static_cast<double>(section.total_kb),
                                  static_cast<double>(*section.ram_kb)),
                    SizeText(std::max<int64_t>(left_kb, 0)),
                    section.guests ? "the host and its cache" : "everything else"));
  }
}

}  // namespace kautopsy
