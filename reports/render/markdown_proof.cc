#include <fmt/core.h>

#include <utility>

#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/render/markdown_sections.h"
#include "reports/render/words.h"

namespace kautopsy {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string Pages(const Integer& pages) { return pages ? Thousands(*pages) : "?"; }

// "Memory, Nov 20".
std::string OnDay(std::string_view name, const std::string& day) {
  return day.empty() ? std::string(name) : fmt::format("{}, {}", name, Md(day));
}

void WriteRerun(const RerunSection& section, MarkdownWriter& writer) {
  writer.Heading(3, "Why");
  writer.Paragraph(MdWithRefs(section.question, section.refs));
  writer.Paragraph(Md(section.rule));
  Rows rows;
  for (const ZoneCheck& check : section.rerun.checks) {
    const std::string verdict = ShortVerdict(check, section.rerun.request.assumed);
    const bool known = check.usable_pages && check.mark_pages;
    rows.push_back({Md(CheckName(check)), Pages(check.usable_pages), Pages(check.mark_pages),
                    Pages(check.reserve_pages), Md(StepsWords(check, section.page_kb)),
                    known ? verdict : Md(check.reason)});
  }
  writer.Table({"zone, in pages", "free for it", "min", "reserve", "less smaller pieces", "served"},
               rows, true);
  for (const std::string& note : section.notes) writer.Item(Md(note));
}

std::string CountOf(const ZoneFacts& zone, int64_t block_kb) {
  for (const FreeCell& cell : zone.cells) {
    if (cell.block_kb == block_kb) return Thousands(cell.count);
  }
  return "";
}

void WriteFreeList(const FreeListSection& section, MarkdownWriter& writer) {
  writer.Heading(3, OnDay("Free lists", section.day));
  std::vector<std::string> columns = {MdWithRefs("pieces by size", section.refs)};
  for (const int64_t kb : section.block_kb) columns.push_back(PieceSize(kb));
  Rows rows;
  for (const ZoneFacts& zone : section.zones) {
    if (zone.cells.empty()) continue;
    std::vector<std::string> row = {Md(ZoneName(zone))};
    for (const int64_t kb : section.block_kb) row.push_back(CountOf(zone, kb));
    rows.push_back(std::move(row));
  }
  writer.Table(columns, rows, true);
}

void WriteItems(const MemorySection& section, const std::vector<int>& refs,
                MarkdownWriter& writer) {
  Rows rows;
  for (const MemoryItem& item : MemoryItems(section)) {
    const std::string percent =
        PercentNumber(static_cast<double>(item.kb), static_cast<double>(section.ram_kb));
    rows.push_back({std::string(item.name), SizeText(item.kb), percent + " %"});
  }
  writer.Table({MdWithRefs("where", refs), "size", "share"}, rows, true);
}

void WriteMemory(const MemorySection& section, MarkdownWriter& writer) {
  if (section.ram_kb <= 0) return;
  writer.Heading(3, OnDay("Memory", section.day) + ": " + SizeText(section.ram_kb));
  if (const std::optional<MemorySection> reach = ReachSection(section)) {
    writer.Paragraph(Md(fmt::format("The request could use {} of it: {}.", SizeText(reach->ram_kb),
                                    section.reach)));
    WriteItems(*reach, section.refs, writer);
    writer.Paragraph("The whole machine:");
  }
  WriteItems(section, section.refs, writer);
  if (!section.note.empty()) writer.Paragraph(Md(section.note));
}

void WriteHolders(const HoldersSection& section, MarkdownWriter& writer) {
  constexpr std::size_t kMostListed = 20;
  writer.Heading(3, OnDay(section.guests ? "Guests" : "Programs", section.day));
  Rows rows;
  for (const Holder& holder : section.holders) {
    if (rows.size() == kMostListed) break;
    rows.push_back({Md(holder.name) + (holder.killed ? " (killed)" : ""), SizeText(holder.rss_kb),
                    holder.pid ? std::to_string(*holder.pid) : "?"});
  }
  writer.Table({MdWithRefs("name", section.refs), "memory", "pid"}, rows, true);
  if (section.holders.size() > kMostListed)
    writer.Paragraph(fmt::format("and {} more", section.holders.size() - kMostListed));
  const std::string commands = CommandsWords(section);
  if (!commands.empty()) writer.Item("by name: " + Md(commands));
  for (const std::string& grown : section.grown) writer.Item("grew: " + Md(grown));
  const std::string together = TogetherWords(section);
  if (!together.empty()) writer.Item(Md(together));
}

void WriteRefusal(const RefusalSection& section, MarkdownWriter& writer) {
  writer.Heading(3, OnDay("Failed", section.day));
  writer.Paragraph(MdWithRefs(section.what, section.refs));
  for (const LabelledText& line : section.lines)
    writer.Item((line.label.empty() ? "" : "**" + Md(line.label) + "** ") + Md(line.text));
}

}  // namespace

void WriteProofMarkdown(const IncidentReport& report, MarkdownWriter& writer) {
  for (const RerunSection& section : report.why) WriteRerun(section, writer);
  for (const FreeListSection& section : report.free_lists) WriteFreeList(section, writer);
  for (const MemorySection& section : report.memory) WriteMemory(section, writer);
  for (const HoldersSection& section : report.holders) WriteHolders(section, writer);
  for (const RefusalSection& section : report.refusals) WriteRefusal(section, writer);
}

}  // namespace kautopsy
