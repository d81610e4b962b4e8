#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/format.h"
#include "reports/render/html_sections.h"

namespace kautopsy {
namespace {

std::string TimelineSummary(const TimelineSection& section) {
  Integer least;
  Integer most;
  for (const TimelineRow& row : section.rows) {
    for (const Integer& pieces : row.pieces) {
      if (!pieces) continue;
      least = std::min(least.value_or(*pieces), *pieces);
      most = std::max(most.value_or(*pieces), *pieces);
    }
  }
  const std::string rows = Counted(static_cast<int64_t>(section.rows.size()), "moment");
  if (!least) return rows + ", none with a list of free pieces";
  return fmt::format("{}; free pieces of {} and more: from {} to {}", rows,
                     PieceSize(section.piece_kb), Thousands(*least), Thousands(*most));
}

std::string_view MarkOf(const TimelineRow& row) {
  if (row.what.find(" killed") != std::string::npos) return "kill";
  if (row.what.find(" refused") != std::string::npos) return "refusal";
  // What someone did about it: SnapshotLabel() begins so behind a command.
  if (row.what.starts_with("after ")) return "command";
  return row.kind == "boot" ? "boot" : "";
}

std::vector<HtmlCell> TimelineCells(const TimelineRow& row, const TimelineSection& section,
                                    const HtmlWriter& writer) {
  std::vector<HtmlCell> cells = {TextCell(row.moment == "~" ? "undated" : row.moment)};
  cells.push_back(TextCell(row.what));
  cells.back().html += writer.Refs(row.refs);
  if (!section.has_figures) return cells;
  cells.push_back(SizeCell(row.free_kb));
  cells.push_back(SizeCell(row.cache_kb));
  const std::size_t nodes = std::max<std::size_t>(section.nodes.size(), 1);
  for (std::size_t i = 0; i < nodes; ++i)
    cells.push_back(NumberCell(i < row.pieces.size() ? row.pieces[i] : Integer()));
  return cells;
}

std::string SourceName(const StoreSummary& store, int64_t id) {
  const auto found = std::find_if(store.sources.begin(), store.sources.end(),
                                  [&](const SourceLedger& source) { return source.id == id; });
  if (found == store.sources.end()) return "?";
  return found->path == "-" ? "standard input" : found->path;
}

void WriteQuotes(const std::vector<Evidence>& quotes, const StoreSummary& store,
                 HtmlWriter& writer) {
  writer.Raw("<ul class=\"quotes\">\n");
  for (const Evidence& quote : quotes) {
    if (quote.line == 0) continue;
    writer.Raw(fmt::format("<li><span class=\"place\">{}:{}:{}</span> <code>{}</code></li>\n",
                           Html(SourceName(store, quote.source_id)), quote.line, quote.column,
                           Html(quote.text)));
  }
  writer.Raw("</ul>\n");
}

std::string FirstFact(const std::vector<Evidence>& quotes) {
  constexpr std::size_t kLongest = 120;  // bytes; the whole line unfolds below
  for (const Evidence& quote : quotes) {
    if (quote.line == 0) continue;
    std::string fact(FactOf(quote));
    if (fact.size() > kLongest) {
      std::size_t end = kLongest;
      while (end > 0 && (static_cast<unsigned char>(fact[end]) & 0xC0) == 0x80) --end;
      fact = fact.substr(0, end) + "…";
    }
    return fmt::format("{}:{} {}", quote.line, quote.column, fact);
  }
  return "the quote was not found";
}

void WriteFindings(const IncidentReport& report, const StoreSummary& store, HtmlWriter& writer) {
  if (report.findings.empty()) return;
  writer.Subheading("Findings");
  for (const Finding& finding : report.findings) {
    writer.Raw(
        fmt::format("<details><summary>{} <span class=\"place\">{}, {}, confidence "
                    "{}</span></summary>\n",
                    Html(finding.title), Html(finding.rule), RoleName(finding.role),
                    ConfidenceName(finding.confidence)));
    writer.Paragraph(finding.explanation);
    if (!finding.confidence_why.empty())
      writer.Paragraph(fmt::format("{} confidence: {}", ConfidenceName(finding.confidence),
                                   finding.confidence_why));
    writer.Paragraph(RecommendationText(finding));
    WriteQuotes(finding.evidence, store, writer);
    writer.Raw("</details>\n");
  }
}

}  // namespace

void WriteTimelineHtml(const IncidentReport& report, HtmlWriter& writer) {
  const TimelineSection& section = report.timeline;
  if (section.rows.empty()) return;
  writer.OpenSection("time", "Timeline");
  writer.Paragraph(section.note);
  const std::string id = writer.Id("timeline");
  if (section.has_figures) writer.Chart("timeline", id, TimelineSummary(section));
  HtmlTableHead head{.id = id,
                     .caption = "Moments in their order; undated ones where they stand in the text",
                     .columns = {{"moment"}, {"what"}},
                     .sortable = false,
                     .attributes = fmt::format(" data-piece=\"{}\"", section.piece_kb)};
  std::vector<std::string> names;
  for (const int64_t node : section.nodes)
    names.push_back(
        fmt::format("pieces of {} and more, node {}", PieceSize(section.piece_kb), node));
  if (names.empty())
    names.push_back(fmt::format("pieces of {} and more", PieceSize(section.piece_kb)));
  if (section.has_figures) {
    head.columns.insert(head.columns.end(), {{"free", true}, {"cache", true}});
    for (const std::string& name : names) head.columns.push_back({name, true});
  }
  writer.OpenTable(head);
  for (const TimelineRow& row : section.rows) {
    std::string attributes = fmt::format(" data-mark=\"{}\"", MarkOf(row));
    if (row.after_s) attributes += fmt::format(" data-after=\"{}\"", *row.after_s);
    writer.Row(TimelineCells(row, section, writer), attributes);
  }
  writer.CloseTable();
  if (section.left_out > 0)
    writer.Paragraph(Thousands(section.left_out) + " more moments are not listed here.");
  for (const std::string& note : section.notes) writer.Paragraph(note);
  writer.CloseSection();
}

void WriteEvidenceHtml(const IncidentReport& report, const StoreSummary& store,
                       HtmlWriter& writer) {
  if (report.references.empty() && report.findings.empty()) return;
  writer.OpenSection("evidence", "Evidence");
  writer.Paragraph("Lines of the log, each with file, line and byte.");
  for (const Reference& reference : report.references) {
    writer.Raw(fmt::format("<details id=\"{}\"><summary>[{}] <code>{}</code></summary>\n",
                           writer.Id(fmt::format("ref-{}", reference.number)), reference.number,
                           Html(FirstFact(reference.quotes))));
    WriteQuotes(reference.quotes, store, writer);
    writer.Raw("</details>\n");
  }
  WriteFindings(report, store, writer);
  writer.CloseSection();
}

void WriteDataHtml(const IncidentReport& report, HtmlWriter& writer) {
  writer.OpenSection("data", "Data");
  if (!report.checks.empty()) {
    writer.OpenTable({.id = writer.Id("checks"),
                      .caption = "Sums that the log gives twice",
                      .columns = {{"check"}, {"result"}, {"both values"}},
                      .sortable = true,
                      .attributes = ""});
    for (const SelfCheck& check : report.checks)
      writer.Row({TextCell(check.name),
                  TextCell(check.note ? "differs, explained"
                           : check.ok ? "agrees"
                                      : "differs"),
                  TextCell(check.text)});
    writer.CloseTable();
  }
  writer.OpenTable({.id = writer.Id("records"),
                    .caption = "Records of this incident",
                    .columns = {{"line", true}, {"kind"}, {"moment"}, {"title"}, {"complete"}},
                    .sortable = true,
                    .attributes = ""});
  for (const EventLine& event : report.events)
    writer.Row({{fmt::format("{}:{}", event.line, event.column), event.line, true},
                TextCell(event.kind),
                TextCell(event.moment == "~" ? "undated" : event.moment),
                TextCell(event.title),
                TextCell(event.complete ? "yes" : event.damage.value_or("lines are missing"))});
  writer.CloseTable();
  writer.CloseSection();
}

}  // namespace kautopsy
