#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "reports/format.h"
#include "reports/render/html_sections.h"

namespace kautopsy {
namespace {

std::string ProcessName(const ProcessRow& row) {
  if (row.guest) return fmt::format("guest {} [{}]", *row.guest, row.comm.value_or("?"));
  return row.comm.value_or("?");
}

HtmlCell PlainNumber(const Integer& value) {
  return {value ? std::to_string(*value) : std::string(kNotInLog), value, true};
}

HtmlCell NameCell(const std::string& name, bool killed) {
  HtmlCell cell = TextCell(name);
  if (killed) cell.html += " <strong class=\"killed\">killed</strong>";
  return cell;
}

// "+1.2 GiB", "-300 MiB", "0 KiB".
HtmlCell ChangeCell(const Integer& kb) {
  HtmlCell cell = SizeCell(kb ? std::abs(*kb) : kb);
  cell.value = kb;
  if (kb && *kb != 0) cell.html = (*kb > 0 ? "+" : "-") + cell.html;
  return cell;
}

std::string RowAttributes(bool killed, bool guest) {
  return std::string(killed ? " data-killed=\"1\"" : "") + (guest ? " data-guest=\"1\"" : "");
}

// What programs of one name hold together.
void WriteCommands(const HoldersSection& section, const std::string& id, HtmlWriter& writer) {
  if (section.commands.empty()) return;
  writer.OpenTable({.id = id,
                    .caption = "Programs of one name together, the largest",
                    .columns = {{"name"}, {"processes", true}, {"rss", true}},
                    .sortable = true,
                    .attributes = ""});
  constexpr std::size_t kMostNames = 20;
  for (std::size_t i = 0; i < section.commands.size() && i < kMostNames; ++i) {
    const CommandSum& command = section.commands[i];
    writer.Row({TextCell(command.comm.value_or("?")), NumberCell(command.tasks),
                SizeCell(command.rss_kb)});
  }
  writer.CloseTable();
}

std::string HoldersSummary(const HoldersSection& section) {
  std::string text = fmt::format("{} hold {} together", section.guests ? "The guests" : "They",
                                 SizeText(section.total_kb));
  if (section.ram_kb)
    text += fmt::format(
        ", {} % of {} RAM",
        PercentNumber(static_cast<double>(section.total_kb), static_cast<double>(*section.ram_kb)),
        SizeText(*section.ram_kb));
  return text;
}

void WriteHolders(const HoldersSection& section, const std::string& table, bool chart,
                  HtmlWriter& writer) {
  writer.Subheading((section.guests ? "Guests" : "Largest programs") +
                    (section.day.empty() ? "" : ", " + section.day));
  writer.Paragraph(HoldersSummary(section) + ".", section.refs);
  if (chart) writer.Chart("tasks", table, HoldersSummary(section));
  writer.OpenTable(
      {.id = table,
       .caption = section.guests ? "Guests by what they hold in memory"
                                 : "Programs by what they hold in memory",
       .columns = {{"name"}, {"pid", true}, {"rss", true}, {"share of RAM", true}},
       .sortable = true,
       .attributes = section.ram_kb ? fmt::format(" data-ram=\"{}\"", *section.ram_kb) : ""});
  for (const Holder& holder : section.holders)
    writer.Row({NameCell(holder.name, holder.killed), PlainNumber(holder.pid),
                SizeCell(holder.rss_kb), ShareCell(holder.rss_kb, section.ram_kb)},
               RowAttributes(holder.killed, section.guests));
  writer.CloseTable();
  WriteCommands(section, table + "-names", writer);
  writer.List(section.grown);
}

// A column of numbers; tables of some kernels have no such column.
struct ProcessColumn {
  std::string_view name;
  Integer ProcessRow::*number;
  HtmlCell (*write)(const Integer& value);
  bool compared = false;  // with the report before
};

constexpr std::string_view kRss = "rss";
constexpr ProcessColumn kProcessColumns[] = {
    {"pid", &ProcessRow::pid, PlainNumber},
    {"uid", &ProcessRow::uid, PlainNumber},
    {kRss, &ProcessRow::rss_kb, SizeCell},
    {"rss before", &ProcessRow::before_kb, SizeCell, true},
    {"change", &ProcessRow::change_kb, ChangeCell, true},
    {"anon", &ProcessRow::anon_kb, SizeCell},
    {"file", &ProcessRow::file_kb, SizeCell},
    {"shmem", &ProcessRow::shmem_kb, SizeCell},
    {"swap", &ProcessRow::swap_kb, SizeCell},
    {"page tables", &ProcessRow::pgtables_kb, SizeCell},
    {"oom_score_adj", &ProcessRow::oom_score_adj, PlainNumber},
    {"recomputed score", &ProcessRow::score, PlainNumber},
    {"rank by it", &ProcessRow::score_rank, PlainNumber}};

// The columns that some row fills; the names of the others go to `empty`.
std::vector<ProcessColumn> FilledColumns(const ProcessTable& table, std::string& empty) {
  std::vector<ProcessColumn> filled;
  for (const ProcessColumn& column : kProcessColumns) {
    const bool any = std::any_of(table.rows.begin(), table.rows.end(), [&](const ProcessRow& row) {
      return (row.*column.number).has_value();
    });
    if (any)
      filled.push_back(column);
    else if (!table.before.empty() || !column.compared)
      empty += (empty.empty() ? "" : ", ") + std::string(column.name);
  }
  return filled;
}

void WriteProcessRow(const ProcessRow& row, const std::vector<ProcessColumn>& columns,
                     const Integer& ram_kb, HtmlWriter& writer) {
  std::vector<HtmlCell> cells = {NameCell(ProcessName(row), row.killed)};
  for (const ProcessColumn& column : columns) {
    cells.push_back(column.write(row.*column.number));
    if (column.name == kRss && ram_kb) cells.push_back(ShareCell(row.rss_kb, ram_kb));
  }
  std::string attributes = RowAttributes(row.killed, row.guest.has_value());
  if (row.pid) attributes += fmt::format(" data-pid=\"{}\"", *row.pid);
  writer.Row(cells, attributes);
}

std::string TableSummary(const ProcessTable& table) {
  std::string text = Thousands(table.printed) + (table.printed == 1 ? " process" : " processes");
  if (!table.rows.empty() && table.rows.front().rss_kb)
    text += fmt::format("; the largest is {} with {}", ProcessName(table.rows.front()),
                        SizeText(*table.rows.front().rss_kb));
  return text;
}

void WriteProcessTable(const ProcessTable& table, const Integer& ram_kb, HtmlWriter& writer) {
  const std::string id = writer.Id(fmt::format("tasks-{}", table.event_id));
  writer.Subheading("Process table, " + table.title);
  writer.Paragraph(TableSummary(table) + ".");
  const auto shown = static_cast<int64_t>(table.rows.size());
  if (shown < table.printed)
    writer.Paragraph(fmt::format("The page shows the {} largest of {}; the store has all of them.",
                                 Thousands(shown), Thousands(table.printed)));
  if (table.rows.empty()) return;
  std::string empty;
  const std::vector<ProcessColumn> columns = FilledColumns(table, empty);
  if (!table.before.empty())
    writer.Paragraph("Compared with the report before: " + table.before +
                     ", by name and pid; by the name alone where only one process has it.");
  if (!empty.empty()) writer.Paragraph("Not in log, nor to be computed from it: " + empty + ".");
  writer.Chart("tasks", id, TableSummary(table));
  HtmlTableHead head{.id = id,
                     .caption = "Process table as printed in the log",
                     .columns = {{"name"}},
                     .sortable = true,
                     .attributes = " data-search=\"1\""};
  if (ram_kb) head.attributes += fmt::format(" data-ram=\"{}\"", *ram_kb);
  for (const ProcessColumn& column : columns) {
    head.columns.push_back({column.name, true});
    if (column.name == kRss && ram_kb) head.columns.push_back({"share of RAM", true});
  }
  writer.OpenTable(head);
  for (const ProcessRow& row : table.rows) WriteProcessRow(row, columns, ram_kb, writer);
  writer.CloseTable();
}

}  // namespace

void WriteTasksHtml(const IncidentPage& page, HtmlWriter& writer) {
  const IncidentReport& report = page.report;
  if (report.holders.empty() && page.tables.empty()) return;
  writer.OpenSection("tasks", "Guests and tasks");
  const bool charts = page.tables.empty();  // else the tables have them
  int number = 0;
  for (const HoldersSection& section : report.holders)
    WriteHolders(section, writer.Id(fmt::format("holders-{}", ++number)), charts, writer);
  for (const ProcessTable& table : page.tables) WriteProcessTable(table, report.ram_kb, writer);
  writer.CloseSection();
}

}  // namespace kautopsy
