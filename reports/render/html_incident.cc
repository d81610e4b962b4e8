#include <fmt/core.h>

#include "reports/format.h"
#include "reports/render/html_sections.h"
#include "reports/render/words.h"

namespace kautopsy {
namespace {

void WriteCommand(const std::string& command, HtmlWriter& writer) {
  writer.Raw("<pre class=\"command\"><code>" + Html(command) + "</code></pre>\n");
}

std::string AdviceItem(const Advice& advice) {
  std::string item = "<p><strong>" + Html(advice.act) + "</strong></p>\n<dl>";
  const std::pair<const char*, const std::string*> parts[] = {
      {"why", &advice.why}, {"risk", &advice.risk}, {"check", &advice.check}};
  for (const auto& [name, text] : parts) {
    if (!text->empty()) item += fmt::format("<dt>{}</dt><dd>{}</dd>", name, Html(*text));
  }
  return item + "</dl>";
}

}  // namespace

std::string MachineText(const IncidentReport& report) {
  std::string words = report.line.host.value_or("host not in the text");
  if (report.nodes.size() > 1) words += fmt::format(", {} nodes", report.nodes.size());
  if (report.ram_kb) words += fmt::format(", {} RAM", SizeText(*report.ram_kb));
  if (report.swap_kb)
    words +=
        *report.swap_kb == 0 ? ", no swap" : fmt::format(", {} swap", SizeText(*report.swap_kb));
  if (report.kernel_release) words += ", kernel " + ReleaseWords(report);
  return words;
}

void WriteVerdictHtml(const IncidentReport& report, HtmlWriter& writer) {
  writer.Raw(fmt::format("<p class=\"badge {0}\">cause: {1}, confidence: {0}, severity: {2}</p>\n",
                         Html(report.line.confidence), Html(report.line.primary_cause),
                         Html(report.line.severity)));
  if (report.verdict.empty()) return;
  writer.OpenTable({.id = writer.Id("verdict"),
                    .caption = "Verdict",
                    .columns = {{"part"}, {"what the log shows"}, {"when"}, {"confidence"}},
                    .sortable = false,
                    .attributes = " class=\"verdict\""});
  for (const VerdictLine& line : report.verdict) {
    HtmlCell text = TextCell(line.text);
    if (!line.code.empty()) text.html += " <code>[" + Html(line.code) + "]</code>";
    writer.Row({TextCell(line.label), text, TextCell(line.when), TextCell(line.confidence)});
  }
  writer.CloseTable();
}

void WriteActionsHtml(const IncidentReport& report, HtmlWriter& writer) {
  if (report.do_now.empty()) return;
  writer.OpenSection("do", "Do now");
  writer.Paragraph(Html(Capitalised(report.do_now_note)) + ".");
  writer.Raw("<ol class=\"cards\">\n");
  bool open = false;
  for (const LabelledText& line : report.do_now) {
    if (!line.label.empty() || !open) {
      writer.Raw(open ? "</li>\n" : "");
      writer.Raw("<li><p class=\"label\">" + Html(line.label) + "</p>\n");
      open = true;
    }
    if (!line.command.empty()) WriteCommand(line.command, writer);
    writer.Paragraph(line.text);
  }
  writer.Raw(open ? "</li></ol>\n" : "</ol>\n");
  writer.CloseSection();
}

void WriteDeathsHtml(const IncidentReport& report, HtmlWriter& writer) {
  if (report.deaths.empty()) return;
  writer.OpenSection("died", "What died");
  for (const Death& death : report.deaths) {
    writer.Subheading(death.moment.empty() || death.moment == "~" ? "Undated" : death.moment);
    writer.Paragraph(death.what, death.refs);
    writer.List(death.details);
    if (!death.damage.empty()) writer.Paragraph("Incomplete: " + death.damage);
  }
  writer.CloseSection();
}

void WriteRefusalsHtml(const IncidentReport& report, HtmlWriter& writer) {
  if (report.refusals.empty()) return;
  writer.OpenSection("failed", "Failed allocation");
  for (const RefusalSection& section : report.refusals) {
    writer.Subheading(section.day.empty() ? "Undated" : section.day);
    writer.Paragraph(section.what, section.refs);
    writer.Raw("<dl>");
    for (const LabelledText& line : section.lines) {
      if (!line.label.empty()) writer.Raw("<dt>" + Html(line.label) + "</dt>");
      writer.Raw("<dd>" + Html(line.text) + "</dd>\n");
    }
    writer.Raw("</dl>\n");
  }
  writer.CloseSection();
}

void WriteForGoodHtml(const IncidentReport& report, HtmlWriter& writer) {
  if (report.for_good.empty()) return;
  writer.OpenSection("for-good", "For good");
  if (report.for_good.size() > 1) writer.Paragraph("In the order of expected effect.");
  writer.Raw("<ol class=\"cards\">\n");
  for (const Advice& advice : report.for_good) writer.Raw("<li>" + AdviceItem(advice) + "</li>\n");
  writer.Raw("</ol>\n");
  writer.CloseSection();
}

void WriteUnknownsHtml(const IncidentReport& report, HtmlWriter& writer) {
  if (report.unknowns.empty()) return;
  writer.OpenSection("unknown", "Unknown");
  writer.OpenTable({.id = writer.Id("unknowns"),
                    .caption = "What the text does not hold, and what finds it out",
                    .columns = {{"question"}, {"find out with"}},
                    .sortable = false,
                    .attributes = ""});
  for (const Missing& missing : report.unknowns)
    writer.Row({TextCell(missing.what), CodeCell(missing.find_out)});
  writer.CloseTable();
  writer.CloseSection();
}

}  // namespace kautopsy
