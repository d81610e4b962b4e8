#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/render/html_sections.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

std::string ZoneLabel(const ZoneFacts& zone) {
  return zone.node ? fmt::format("Node {} {}", *zone.node, zone.zone) : zone.zone;
}

int64_t ListedKb(const ZoneFacts& zone) {
  int64_t kb = 0;
  for (const FreeCell& cell : zone.cells) kb += cell.count * cell.block_kb;
  return kb;
}

const FreeCell* CellOf(const ZoneFacts& zone, int64_t block_kb) {
  for (const FreeCell& cell : zone.cells) {
    if (cell.block_kb == block_kb) return &cell;
  }
  return nullptr;
}

// "Node 0 Normal: 100 % of 6.3 GiB free is in pieces of 4 KiB".
std::string ListSummary(const ZoneFacts& zone) {
  const FreeCell* most = nullptr;
  for (const FreeCell& cell : zone.cells) {
    if (!most || cell.count * cell.block_kb > most->count * most->block_kb) most = &cell;
  }
  const int64_t all_kb = ListedKb(zone);
  if (!most || all_kb <= 0) return ZoneLabel(zone) + ": no free piece";
  const int64_t most_kb = most->count * most->block_kb;
  const std::string share =
      most_kb == all_kb ? "100"
                        : PercentNumber(static_cast<double>(most_kb), static_cast<double>(all_kb));
  return fmt::format("{}: {} % of {} free is in pieces of {}", ZoneLabel(zone), share,
                     SizeText(all_kb), PieceSize(most->block_kb));
}

HtmlCell LargestPiece(const ZoneFacts& zone) {
  Integer largest;
  for (const FreeCell& cell : zone.cells) {
    if (cell.count > 0) largest = cell.block_kb;
  }
  if (zone.cells.empty()) return {std::string(kNotInLog), {}, true};
  return {largest ? PieceSize(*largest) : "none", largest.value_or(0), true};
}

HtmlCell TimesMin(const ZoneFacts& zone) {
  if (!zone.free_kb || !zone.min_kb) return {std::string(kNotInLog), {}, true};
  if (*zone.min_kb <= 0) return {"min is 0", {}, true};
  const double times = static_cast<double>(*zone.free_kb) / static_cast<double>(*zone.min_kb);
  constexpr double kWhole = 10;  // from here on decimals say nothing
  constexpr double kSteps = 1000;
  const std::string words =
      times < kWhole ? fmt::format("{:.1f}", times) : Thousands(std::llround(times));
  return {words + " x", std::llround(times * kSteps), true};
}

// Of several sections of one kind: "lists", "lists-2".
std::string Numbered(std::string_view name, std::size_t index) {
  return index == 0 ? std::string(name) : fmt::format("{}-{}", name, index + 1);
}

void WriteZones(const FreeListSection& section, const std::string& id, HtmlWriter& writer) {
  const bool marks = std::any_of(section.zones.begin(), section.zones.end(),
                                 [](const ZoneFacts& zone) { return zone.free_kb || zone.min_kb; });
  if (!marks) return;
  writer.OpenTable({.id = id,
                    .caption = "Zones and their marks",
                    .columns = {{"zone"},
                                {"free", true},
                                {"min", true},
                                {"low", true},
                                {"high", true},
                                {"free against min", true},
                                {"largest piece", true}},
                    .sortable = true,
                    .attributes = ""});
  for (const ZoneFacts& zone : section.zones)
    writer.Row({TextCell(ZoneLabel(zone)), SizeCell(zone.free_kb), SizeCell(zone.min_kb),
                SizeCell(zone.low_kb), SizeCell(zone.high_kb), TimesMin(zone), LargestPiece(zone)});
  writer.CloseTable();
}

// For scripts: the size of the piece that was asked for, or that the question is about.
std::string AskedAttributes(const RerunSection& section) {
  const PieceRequest& request = section.rerun.request;
  constexpr int kMostOrder = 30;  // beyond any kernel's; a damaged line may say more
  if (request.order < 0 || request.order > kMostOrder) return "";
  return fmt::format(" data-asked=\"{}\" data-asked-words=\"{}\"", section.page_kb << request.order,
                     request.assumed ? "in question" : "asked for");
}

void WriteListTable(const FreeListSection& section, const std::vector<ZoneFacts>& zones,
                    HtmlTableHead head, HtmlWriter& writer) {
  std::vector<std::string> names;
  for (const int64_t kb : section.block_kb) names.push_back(PieceSize(kb));
  for (std::size_t i = 0; i < names.size(); ++i)
    head.columns.push_back({names[i], true, section.block_kb[i]});
  writer.OpenTable(head);
  for (const ZoneFacts& zone : zones) {
    if (zone.cells.empty()) continue;
    std::vector<HtmlCell> cells = {TextCell(ZoneLabel(zone))};
    for (const int64_t kb : section.block_kb) {
      const FreeCell* const cell = CellOf(zone, kb);
      cells.push_back(NumberCell(cell ? Integer(cell->count) : Integer()));
    }
    writer.Row(cells, fmt::format(" data-summary=\"{}\"", Html(ListSummary(zone))));
  }
  writer.CloseTable();
}

// The table of the lists, and of those beside them, which the chart draws in a second tone.
void WriteListTables(const FreeListSection& section, const std::string& id, std::string attributes,
                     HtmlWriter& writer) {
  const std::string beside_id = id + "-beside";
  if (!section.beside.empty())
    attributes += fmt::format(" data-beside=\"{}\" data-beside-words=\"{}\"", beside_id,
                              Html(section.beside_label));
  WriteListTable(section, section.zones,
                 {.id = id,
                  .caption = "Free pieces by size, count of each",
                  .columns = {{"zone"}},
                  .sortable = false,
                  .attributes = std::move(attributes)},
                 writer);
  if (section.beside.empty()) return;
  WriteListTable(section, section.beside,
                 {.id = beside_id,
                  .caption = "The same " + section.beside_label,
                  .columns = {{"zone"}},
                  .sortable = false,
                  .attributes = ""},
                 writer);
}

// Plain words where there are some, else the kernel's without underscores.
std::string ItemWords(std::string_view item) {
  std::string words(BalanceItemName(item));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

std::string MemorySummary(const MemorySection& section) {
  std::vector<BalanceItem> items = section.items;
  std::stable_sort(
      items.begin(), items.end(),
      [](const BalanceItem& one, const BalanceItem& other) { return one.size_kb > other.size_kb; });
  std::vector<std::string> words;
  constexpr std::size_t kNamed = 3;
  for (std::size_t i = 0; i < items.size() && i < kNamed; ++i)
    words.push_back(fmt::format(
        "{} {} ({} %)", BalanceItemName(items[i].item), SizeText(items[i].size_kb),
        PercentNumber(static_cast<double>(items[i].size_kb), static_cast<double>(section.ram_kb))));
  return fmt::format("Of {} {}: {}", SizeText(section.ram_kb),
                     section.ram_known ? "RAM" : "that the report itemises", JoinWords(words));
}

HtmlCell NodeCell(const NodeBalance& node, const std::string& item) {
  const auto found = std::find_if(node.items.begin(), node.items.end(),
                                  [&](const BalanceItem& other) { return other.item == item; });
  return SizeCell(found == node.items.end() ? Integer() : Integer(found->size_kb));
}

void WriteBalance(const MemorySection& section, const std::string& id, HtmlWriter& writer) {
  HtmlTableHead head{.id = id,
                     .caption = section.ram_known
                                    ? "Memory balance, the items add up to the RAM of the machine"
                                    : "Memory balance of what the report itemises",
                     .columns = {{"item"},
                                 {"size", true},
                                 {section.ram_known ? "share of RAM" : "share of it", true}},
                     .sortable = true,
                     .attributes = ""};
  std::vector<std::string> names;
  for (const NodeBalance& node : section.nodes) names.push_back(fmt::format("node {}", node.node));
  for (std::size_t i = 0; i < names.size(); ++i)
    head.columns.push_back({names[i], true, section.nodes[i].node});
  writer.OpenTable(head);
  for (const BalanceItem& item : section.items) {
    std::vector<HtmlCell> cells = {TextCell(ItemWords(item.item)), SizeCell(item.size_kb),
                                   ShareCell(item.size_kb, section.ram_kb)};
    for (const NodeBalance& node : section.nodes) cells.push_back(NodeCell(node, item.item));
    writer.Row(cells);
  }
  writer.CloseTable();
}

void WriteReach(const MemorySection& section, const std::string& id, HtmlWriter& writer) {
  if (section.reach.empty()) return;
  const std::string caption =
      fmt::format("What the request could use: {}, {}", section.reach, SizeText(section.reach_kb));
  writer.OpenTable({.id = id,
                    .caption = caption,
                    .columns = {{"item"}, {"size", true}, {"share of it", true}},
                    .sortable = true,
                    .attributes = ""});
  for (const BalanceItem& item : section.reach_items) {
    writer.Row({TextCell(ItemWords(item.item)), SizeCell(item.size_kb),
                ShareCell(item.size_kb, section.reach_kb)});
  }
  writer.CloseTable();
}

void WriteParts(const MemorySection& section, const std::string& id, HtmlWriter& writer) {
  if (section.parts.empty()) return;
  writer.OpenTable(
      {.id = id,
       .caption = "What is inside of these items, or outside of what the kernel manages",
       .columns = {{"part"}, {"of"}, {"size", true}},
       .sortable = true,
       .attributes = ""});
  for (const BalanceItem& part : section.parts)
    writer.Row({TextCell(ItemWords(part.item)), TextCell(ItemWords(part.part_of)),
                SizeCell(part.size_kb)});
  writer.CloseTable();
}

std::string VerdictWords(const ZoneCheck& check, bool assumed) {
  std::string words(VerdictCode(check, assumed));
  std::replace(words.begin(), words.end(), '_', ' ');
  return words;
}

// Without the zone's name, which heads the row.
std::string SumWords(const ZoneCheck& check) {
  const std::string name = CheckName(check) + ": ";
  std::string words = CheckWords(check);
  return words.starts_with(name) ? words.substr(name.size()) : words;
}

}  // namespace

void WriteRerunsHtml(const IncidentReport& report, HtmlWriter& writer) {
  if (report.why.empty()) return;
  writer.OpenSection("why", "Why");
  int number = 0;
  for (const RerunSection& section : report.why) {
    writer.Paragraph("The question: " + section.question, section.refs);
    writer.Paragraph(section.rule);
    writer.OpenTable({.id = writer.Id(fmt::format("rerun-{}", ++number)),
                      .caption = "The allocator's test of each zone, in pages",
                      .columns = {{"zone"},
                                  {"usable", true},
                                  {"min", true},
                                  {"kept back", true},
                                  {"verdict"},
                                  {"the sum"}},
                      .sortable = true,
                      .attributes = ""});
    for (const ZoneCheck& check : section.rerun.checks) {
      writer.Row({TextCell(CheckName(check)), NumberCell(check.usable_pages),
                  NumberCell(check.mark_pages), NumberCell(check.reserve_pages),
                  TextCell(VerdictWords(check, section.rerun.request.assumed)),
                  TextCell(SumWords(check))});
    }
    writer.CloseTable();
    for (const std::string& note : section.notes) writer.Paragraph(note);
  }
  if (!report.notes.empty()) {
    writer.Raw("<details><summary>Every sum, for pieces of several sizes</summary>\n");
    writer.List(report.notes);
    writer.Raw("</details>\n");
  }
  writer.CloseSection();
}

void WriteFreeListsHtml(const IncidentReport& report, HtmlWriter& writer) {
  for (std::size_t i = 0; i < report.free_lists.size(); ++i) {
    const FreeListSection& section = report.free_lists[i];
    const std::string day = section.day.empty() ? "" : ", " + section.day;
    const std::string table = writer.Id(Numbered("lists", i));
    writer.OpenSection(Numbered("free-lists", i), "Free memory by size of piece" + day);
    writer.Paragraph("A bar is the share of the zone's free memory.", section.refs);
    if (!section.beside.empty())
      writer.Paragraph("Hatched: " + section.beside_label + ".", section.beside_refs);
    writer.Chart("lists", table, "");
    WriteListTables(section, table, i < report.why.size() ? AskedAttributes(report.why[i]) : "",
                    writer);
    WriteZones(section, writer.Id(Numbered("zones", i)), writer);
    writer.CloseSection();
  }
}

void WriteMemoryHtml(const IncidentReport& report, HtmlWriter& writer) {
  for (std::size_t i = 0; i < report.memory.size(); ++i) {
    const MemorySection& section = report.memory[i];
    if (section.ram_kb <= 0) continue;
    const std::string day = section.day.empty() ? "" : ", " + section.day;
    const std::string table = writer.Id(Numbered("balance", i));
    writer.OpenSection(Numbered("memory", i), "Where the memory is" + day);
    writer.Paragraph(MemorySummary(section) + ".", section.refs);
    writer.Chart("memory", table, MemorySummary(section));
    WriteReach(section, writer.Id(Numbered("reach", i)), writer);
    WriteBalance(section, table, writer);
    WriteParts(section, writer.Id(Numbered("parts", i)), writer);
    writer.Paragraph(section.note);
    writer.CloseSection();
  }
}

}  // namespace kautopsy
