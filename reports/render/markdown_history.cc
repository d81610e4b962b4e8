#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "reports/diagnosis/evidence.h"
#include "reports/format.h"
#include "reports/render/markdown.h"
#include "reports/render/markdown_sections.h"
#include "reports/render/text_writer.h"
#include "reports/render/words.h"

namespace kautopsy {
namespace {

using Rows = std::vector<std::vector<std::string>>;

std::string Size(const Integer& kb) { return kb ? SizeText(*kb) : "?"; }

std::vector<std::string> TimelineColumns(const TimelineSection& section) {
  std::vector<std::string> columns = {"when", "what", ""};
  if (!section.has_figures) return columns;
  columns.insert(columns.end(), {"free", "cache"});
  const std::string pieces = "≥ " + PieceSize(section.piece_kb);
  for (const int64_t node : section.nodes)
    columns.push_back(fmt::format("{}, node {}", pieces, node));
  if (section.nodes.empty()) columns.push_back(pieces);
  return columns;
}

std::vector<std::string> TimelineCells(const TimelineRow& row, const TimelineSection& section) {
  std::vector<std::string> cells = {Md(row.moment), Md(row.what), RefText(row.refs)};
  if (!section.has_figures) return cells;
  cells.insert(cells.end(), {Size(row.free_kb), Size(row.cache_kb)});
  const std::size_t columns = std::max<std::size_t>(section.nodes.size(), 1);
  for (std::size_t i = 0; i < columns; ++i) {
    const bool known = i < row.pieces.size() && row.pieces[i];
    cells.push_back(known ? Thousands(*row.pieces[i]) : "?");
  }
  return cells;
}

// "messages:29:4153 Killed process 3878, ...".
std::string QuoteLine(const StoreSummary& store, const Evidence& quote) {
  return PlaceWords(store, quote.source_id, quote.line, quote.column) + " " +
         EscapeForTerminal(FactOf(quote));
}

Rows CountRows(const std::vector<CountLine>& counts, bool sized) {
  Rows rows;
  for (const CountLine& line : counts) {
    rows.push_back({Md(line.name), Thousands(line.count)});
    const bool known = line.biggest_kb && *line.biggest_kb > 0;
    if (sized) rows.back().push_back(known ? SizeText(*line.biggest_kb) : "?");
  }
  return rows;
}

void WriteIncidents(const Overview& overview, MarkdownWriter& writer) {
  writer.Heading(3, "Worst first");
  Rows rows;
  for (const IncidentLine& line : overview.worst) {
    rows.push_back({std::to_string(line.id), Md(line.severity), Md(line.primary_cause),
                    Md(line.confidence), Md(line.when), Md(line.host.value_or("unknown")),
                    Md(line.headline)});
  }
  writer.Table({"incident", "severity", "cause", "confidence", "when", "host", "what"}, rows);
  const int64_t more = overview.incidents - static_cast<int64_t>(overview.worst.size());
  if (more > 0) writer.Paragraph(fmt::format("{} more: --verbose", Thousands(more)));
}

void WriteHosts(const Overview& overview, MarkdownWriter& writer) {
  if (overview.hosts_in_all < 2) return;
  writer.Heading(3, "Hosts");
  Rows rows;
  for (const HostLine& line : overview.hosts) {
    rows.push_back({Md(line.host.value_or("unknown")), Thousands(line.incidents),
                    Md(RhythmWords(line)),
                    fmt::format("{} {}", Md(line.cause), Thousands(line.of_cause))});
  }
  writer.Table({"host", "incidents", "gap between", "usual cause"}, rows, true);
  const int64_t more = overview.hosts_in_all - static_cast<int64_t>(overview.hosts.size());
  if (more > 0) writer.Paragraph(fmt::format("{} more hosts", Thousands(more)));
}

void WriteShared(const Overview& overview, MarkdownWriter& writer) {
  if (overview.shared.empty()) return;
  writer.Heading(3, "Same signature on several hosts");
  for (const SharedSignature& shared : overview.shared) {
    std::string hosts;
    for (const CountLine& host : shared.hosts)
      hosts +=
          fmt::format("{}{} ({})", hosts.empty() ? "" : ", ", host.name, Thousands(host.count));
    writer.Item(Md(shared.signature + ": " + hosts));
  }
}

}  // namespace

void WriteHistoryMarkdown(const IncidentReport& report, MarkdownWriter& writer) {
  const TimelineSection& section = report.timeline;
  if (section.rows.empty()) return;
  writer.Heading(3, "Timeline");
  if (!section.note.empty()) writer.Paragraph(Md(section.note));
  Rows rows;
  for (const TimelineRow& row : section.rows) rows.push_back(TimelineCells(row, section));
  writer.Table(TimelineColumns(section), rows);
  if (section.left_out > 0) writer.Paragraph(fmt::format("{} more", Thousands(section.left_out)));
  for (const std::string& note : section.notes) writer.Item(Md(note));
}

void WriteEvidenceMarkdown(const StoreSummary& store, const IncidentReport& report, bool all,
                           MarkdownWriter& writer) {
  if (report.references.empty()) return;
  constexpr int kMostColumns = 200;  // a line of /proc/meminfo joined into one has a thousand
  writer.Heading(3, "Evidence");
  writer.Paragraph(store.sources.size() > 1 ? "file:line:byte" : "line:byte");
  std::vector<std::string> lines;
  for (const Reference& reference : report.references) {
    const std::string head = fmt::format("[{}] ", reference.number);
    bool first = true;
    for (const Evidence& quote : reference.quotes) {
      if (quote.line == 0 || (!first && !all)) continue;
      const std::string line =
          (first ? head : std::string(head.size(), ' ')) + QuoteLine(store, quote);
      lines.push_back(all ? line : CutToWidth(line, kMostColumns));
      first = false;
    }
    if (first) lines.push_back(head + "the quote was not found");
  }
  writer.CodeBlock("text", lines);
}

void WriteNotReadMarkdown(const StoreSummary& store, MarkdownWriter& writer) {
  const std::string words = NotReadWords(store);
  if (!words.empty()) writer.Paragraph("Not read: " + words + ".");
  for (const SourceLedger& source : store.sources) {
    if (source.damage) writer.Item("damaged: " + Md(source.path + ": " + *source.damage));
  }
}

void RenderOverviewMarkdown(const Overview& overview, std::ostream& out) {
  MarkdownWriter writer(out);
  writer.Heading(2, "Incidents of kernel logs");
  writer.Paragraph(Md(StoreWords(overview.store)));
  if (overview.incidents == 0) {
    writer.Paragraph(Md(NoIncidentWords(overview)));
    WriteNotReadMarkdown(overview.store, writer);
    return;
  }
  writer.Paragraph(Md(OverviewSentence(overview)));
  WriteIncidents(overview, writer);
  WriteHosts(overview, writer);
  writer.Heading(3, "Causes");
  writer.Table({"cause", "incidents"}, CountRows(overview.causes, false), true);
  if (!overview.victims.empty()) {
    writer.Heading(3, "Victims");
    writer.Table({"victim", "kills", "biggest"}, CountRows(overview.victims, true), true);
  }
  WriteShared(overview, writer);
  WriteNotReadMarkdown(overview.store, writer);
}

}  // namespace kautopsy
