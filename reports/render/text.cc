#include "reports/render/text.h"

#include <fmt/core.h>

#include "reports/format.h"

namespace kautopsy {

void WriteHead(const StoreSummary& store, const IncidentReport& report, TextWriter& writer) {
  writer.Line(writer.Cut("kautopsy │ " + Safe(SourceWords(store)), writer.width()));
  writer.Line(writer.Cut(Safe(MachineWords(report, " │ ")), writer.width()));
  WriteDamage(store, writer);
  writer.Blank();
  writer.Wrapped("", 2, Safe(report.line.headline));
  writer.Blank();
}

void WriteDamage(const StoreSummary& store, TextWriter& writer) {
  for (const SourceLedger& source : store.sources) {
    if (source.damage)
      writer.Wrapped("damaged", 9, Safe(FileName(source.path) + ": " + *source.damage));
  }
}

void WriteVerdict(const IncidentReport& report, TextWriter& writer) {
  constexpr int kLabelColumns = 13;
  for (const VerdictLine& line : report.verdict) {
    std::string text = PadRight("  " + line.label, kLabelColumns) + Safe(line.text);
    if (!line.code.empty()) text += " [" + line.code + "]";
    if (!line.when.empty()) text += ", " + Safe(line.when);
    const int room = writer.width() - static_cast<int>(line.confidence.size()) - 1;
    if (DisplayWidth(text) <= room) {
      writer.LineWithTail(text, line.confidence, ConfidenceTone(line.confidence));
      continue;
    }
    const std::string words = text.substr(static_cast<std::size_t>(kLabelColumns));
    const std::string sure = line.confidence.empty() ? "" : " (" + line.confidence + ")";
    writer.Wrapped("  " + line.label, kLabelColumns, words + sure);
  }
  writer.Blank();
}

void WriteDoNow(const IncidentReport& report, TextWriter& writer) {
  if (report.do_now.empty()) return;
  constexpr int kLabelColumns = 9;
  constexpr int kCommandColumns = 39;
  writer.Heading("DO NOW", report.do_now_note);
  for (const LabelledText& line : report.do_now) {
    std::string head = PadRight("  " + line.label, kLabelColumns);
    if (line.command.empty()) {
      writer.Wrapped(head, kLabelColumns, Safe(line.text));
    } else if (line.text.empty()) {
      writer.Line(head + line.command);  // never broken: it is to be copied
    } else {
      writer.Wrapped(head + PadRight(line.command, kCommandColumns), kLabelColumns,
                     Safe(line.text));
    }
  }
}

void RenderIncidentText(const StoreSummary& store, const IncidentReport& report,
                        const ReportOptions& options, std::ostream& out) {
  if (options.plain) return RenderIncidentPlain(store, report, options, out);
  TextWriter writer(options, out);
  WriteHead(store, report, writer);
  WriteVerdict(report, writer);
  WriteDoNow(report, writer);
  WriteDeaths(report, writer);
  WriteReruns(report, writer);
  WriteFreeLists(report, writer);
  WriteMemory(report, writer);
  WriteHolders(report, writer);
  WriteRefusals(report, writer);
  WriteTimeline(report, writer);
  WriteForGood(report, writer);
  WriteUnknowns(report, writer);
  WriteChecks(report, writer);
  WriteEvidence(store, report, writer);
  if (options.verbose) WriteVerbose(store, report, writer);
}

}  // namespace kautopsy
