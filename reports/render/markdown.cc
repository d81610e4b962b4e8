#include "reports/render/markdown.h"

#include <fmt/core.h>

#include "base/markdown.h"
#include "base/text.h"
#include "reports/diagnosis/finding.h"
#include "reports/render/markdown_sections.h"
#include "reports/render/text_writer.h"
#include "reports/render/words.h"

namespace kautopsy {
namespace {

void WriteHead(const StoreSummary& store, const IncidentReport& report, MarkdownWriter& writer) {
  writer.Heading(2, Md(report.line.headline));
  writer.Paragraph(Md(MachineWords(report, ", ")) + " · " + Md(SourceWords(store)));
  std::vector<std::vector<std::string>> rows;
  for (const VerdictLine& line : report.verdict) {
    std::string text = Md(line.text);
    if (!line.code.empty()) text += fmt::format(" \\[{}\\]", Md(line.code));
    rows.push_back({Md(line.label), text, Md(line.when), Md(line.confidence)});
  }
  if (!rows.empty()) writer.Table({"verdict", "", "when", "confidence"}, rows);
}

// A line without label and command goes on from the one before it.
std::vector<LabelledText> JoinedLines(const std::vector<LabelledText>& lines) {
  std::vector<LabelledText> joined;
  for (const LabelledText& line : lines) {
    if (joined.empty() || !line.label.empty() || !line.command.empty()) {
      joined.push_back(line);
    } else {
      std::string& text = joined.back().text;
      text += (text.empty() ? "" : " ") + line.text;
    }
  }
  return joined;
}

void WriteDoNow(const IncidentReport& report, MarkdownWriter& writer) {
  if (report.do_now.empty()) return;
  writer.Heading(3, "Do now");
  writer.Paragraph(Md(Capitalised(report.do_now_note)) + ".");
  for (const LabelledText& line : JoinedLines(report.do_now)) {
    const std::string label = line.label.empty() ? "" : "**" + Md(line.label) + "**";
    writer.Item(label + (label.empty() || line.text.empty() ? "" : " ") + Md(line.text));
    // A block of its own, which sites give a button to copy.
    if (!line.command.empty()) writer.CodeBlock("sh", {line.command}, true);
  }
}

void WriteDeaths(const IncidentReport& report, MarkdownWriter& writer) {
  if (report.deaths.empty()) return;
  writer.Heading(3, "What died");
  for (const Death& death : report.deaths) {
    const std::string moment = death.moment.empty() ? "" : "**" + Md(death.moment) + "** ";
    writer.Item(moment + MdWithRefs(death.what, death.refs));
    for (const std::string& detail : death.details) writer.Item(Md(detail), 1);
    if (!death.damage.empty()) writer.Item("incomplete: " + Md(death.damage), 1);
  }
}

void WriteForGood(const IncidentReport& report, MarkdownWriter& writer) {
  if (report.for_good.empty()) return;
  writer.Heading(3, "For good");
  if (report.for_good.size() > 1) writer.Paragraph("In the order of expected effect.");
  int number = 0;
  for (const Advice& advice : report.for_good) {
    std::string text = Md(advice.act);
    if (!advice.why.empty()) text += ": " + Md(advice.why);
    if (!advice.risk.empty()) text += "; **risk** " + Md(advice.risk);
    if (!advice.check.empty()) text += "; **check** " + Md(advice.check);
    writer.NumberedItem(++number, text);
  }
}

void WriteUnknowns(const IncidentReport& report, MarkdownWriter& writer) {
  if (report.unknowns.empty()) return;
  writer.Heading(3, "Unknown");
  for (const Missing& missing : report.unknowns) {
    writer.Item(Md(missing.what) + ", find out with " +
                MarkdownCode(EscapeForTerminal(missing.find_out)));
  }
}

void WriteChecks(const IncidentReport& report, MarkdownWriter& writer) {
  if (report.confidence_note.empty()) return;
  writer.Heading(3, "Checks");
  writer.Paragraph(Md(report.confidence_note));
  for (const SelfCheck& check : report.checks) {
    if (!check.ok) writer.Item("differs: " + Md(check.text));
  }
}

void WriteFindings(const IncidentReport& report, MarkdownWriter& writer) {
  writer.Heading(3, "Findings");
  for (const Finding& finding : report.findings) {
    writer.Item(fmt::format("**{}** ({}, {}): {} {}", Md(finding.rule), RoleName(finding.role),
                            ConfidenceName(finding.confidence), Md(finding.title),
                            Md(finding.explanation)));
    if (!finding.confidence_why.empty())
      writer.Item(fmt::format("{} confidence: {}", ConfidenceName(finding.confidence),
                              Md(finding.confidence_why)),
                  1);
    const std::string recommendation = RecommendationText(finding);
    if (!recommendation.empty()) writer.Item(Md(recommendation), 1);
  }
  if (report.notes.empty()) return;
  writer.Heading(3, "Sums");
  for (const std::string& note : report.notes) writer.Item(Md(note));
}

}  // namespace

std::string MdWithRefs(const std::string& text, const std::vector<int>& refs) {
  return refs.empty() ? Md(text) : Md(text) + " " + RefText(refs);
}

void RenderIncidentMarkdown(const StoreSummary& store, const IncidentReport& report,
                            const ReportOptions& options, std::ostream& out) {
  MarkdownWriter writer(out);
  WriteHead(store, report, writer);
  WriteDoNow(report, writer);
  WriteDeaths(report, writer);
  WriteProofMarkdown(report, writer);
  WriteHistoryMarkdown(report, writer);
  WriteForGood(report, writer);
  WriteUnknowns(report, writer);
  WriteChecks(report, writer);
  if (options.verbose) WriteFindings(report, writer);
  WriteEvidenceMarkdown(store, report, options.verbose, writer);
  WriteNotReadMarkdown(store, writer);
}

}  // namespace kautopsy
