#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/format.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

std::string Figure(const Integer& kb, const TimelineSection& section) {
  if (!kb) return "?";
  constexpr int64_t kMibPerGib = 1024;
  return GibNumber(section.small_host ? *kb * kMibPerGib : *kb);
}

std::string PiecesWords(const std::vector<Integer>& pieces) {
  const bool none =
      std::all_of(pieces.begin(), pieces.end(), [](const Integer& value) { return !value; });
  if (none) return "?";
  std::string words;
  for (const Integer& value : pieces) {
    words += (words.empty() ? "" : " / ") + (value ? Thousands(*value) : std::string("?"));
  }
  return words;
}

// Columns that references take beyond one of one digit.
int WideReferences(const TimelineSection& section) {
  constexpr int kUsual = 3;
  int most = kUsual;
  for (const TimelineRow& row : section.rows)
    most = std::max(most, DisplayWidth(RefText(row.refs)));
  return most - kUsual;
}

// "Nov 20 12:42:42" needs 19 with its blanks, an uptime of five digits one more.
int MomentColumns(const TimelineSection& section) {
  int columns = 19;
  for (const TimelineRow& row : section.rows)
    columns = std::max(columns, DisplayWidth("  " + Safe(row.moment)) + 1);
  return columns;
}

void WriteRow(const TimelineRow& row, const TimelineSection& section, TextWriter& writer) {
  const int moment_columns = MomentColumns(section);
  constexpr int kMomentAndWhat = 19 + 28;
  const int what_columns =
      std::max(kMomentAndWhat - moment_columns - WideReferences(section), kMomentAndWhat / 3);
  if (!section.has_figures || writer.narrow()) {
    writer.Wrapped("  " + Safe(row.moment), moment_columns, Safe(row.what), row.refs);
    return;
  }
  std::string line = PadRight("  " + Safe(row.moment), moment_columns) +
                     PadRight(writer.Cut(Safe(row.what), what_columns), what_columns);
  line += PadLeft(Figure(row.free_kb, section), 6) + PadLeft(Figure(row.cache_kb, section), 7);
  line += PadLeft(PiecesWords(row.pieces), 16);
  writer.LineWithTail(line, RefText(row.refs), Tone::kPlain);
}

std::string NodeWords(const TimelineSection& section) {
  std::string words;
  for (const int64_t node : section.nodes)
    words += fmt::format("{}{}", words.empty() ? "" : "/", node);
  return words.empty() ? "" : " node " + words;
}

std::string QuoteWords(const StoreSummary& store, const Evidence& quote) {
  if (quote.line == 0) return "";
  return Safe(PlaceWords(store, quote.source_id, quote.line, quote.column)) + " " +
         Safe(FactOf(quote));
}

// With more references than this, of one file, two share a line, so that the report keeps to two
// screens.
constexpr std::size_t kMostSingleLines = 6;

std::string FirstQuote(const StoreSummary& store, const Reference& reference) {
  for (const Evidence& quote : reference.quotes) {
    const std::string words = QuoteWords(store, quote);
    if (!words.empty()) return fmt::format("[{}] {}", reference.number, words);
  }
  return fmt::format("[{}] the quote was not found", reference.number);
}

void WritePairs(const StoreSummary& store, const std::vector<Reference>& references,
                TextWriter& writer) {
  const int columns = (writer.width() - 4) / 2;
  for (std::size_t i = 0; i < references.size(); i += 2) {
    std::string line =
        "  " + PadRight(writer.Cut(FirstQuote(store, references[i]), columns), columns);
    if (i + 1 < references.size())
      line += "  " + writer.Cut(FirstQuote(store, references[i + 1]), columns);
    writer.Line(line);
  }
}

}  // namespace

void WriteRefusals(const IncidentReport& report, TextWriter& writer) {
  constexpr int kLabelColumns = 9;
  for (const RefusalSection& section : report.refusals) {
    writer.Heading("FAILED", Safe((section.day.empty() ? "" : section.day + "   ") + section.what),
                   section.refs);
    for (const LabelledText& line : section.lines) {
      writer.Wrapped("  " + line.label, kLabelColumns, Safe(line.text));
    }
  }
}

// The note and the columns' names share a line where they fit.
void WriteTimelineHead(const TimelineSection& section, TextWriter& writer) {
  constexpr int kNoteColumn = 9;
  const bool figures = section.has_figures && !writer.narrow();
  const std::string columns =
      figures ? fmt::format("free {}  cache  ≥ {}{}", section.small_host ? "MiB" : "GiB",
                            PieceSize(section.piece_kb), NodeWords(section))
              : "";
  const int width = 76 - WideReferences(section);
  const std::string beside = PadLeft(columns, width - kNoteColumn - DisplayWidth(section.note));
  if (!figures || beside.starts_with("  ")) {
    writer.Heading("TIMELINE", figures ? section.note + beside : section.note);
  } else {
    writer.Heading("TIMELINE", section.note);
    writer.Line(PadLeft(columns, width));
  }
}

void WriteTimeline(const IncidentReport& report, TextWriter& writer) {
  const TimelineSection& section = report.timeline;
  if (section.rows.empty()) return;
  WriteTimelineHead(section, writer);
  for (const TimelineRow& row : section.rows) WriteRow(row, section, writer);
  if (section.left_out > 0) writer.Line(fmt::format("  … {} more", Thousands(section.left_out)));
  for (const std::string& note : section.notes) writer.Wrapped("  ", 2, Safe(note));
}

void WriteForGood(const IncidentReport& report, TextWriter& writer) {
  if (report.for_good.empty()) return;
  writer.Heading("FOR GOOD", report.for_good.size() > 1 ? "in the order of expected effect" : "");
  int number = 0;
  const Advice* before = nullptr;
  for (const Advice& advice : report.for_good) {
    std::string text = advice.act;
    if (!advice.why.empty()) text += ": " + advice.why;
    if (!advice.risk.empty()) text += "; risk: " + advice.risk;
    const bool same_check = before && before->check == advice.check;
    if (same_check)
      text += fmt::format("; check: as {}", number);
    else if (!advice.check.empty())
      text += "; check: " + advice.check;
    writer.Wrapped(fmt::format("  {}", ++number), 4, Safe(text));
    before = &advice;
  }
}

void WriteUnknowns(const IncidentReport& report, TextWriter& writer) {
  if (report.unknowns.empty()) return;
  constexpr int kWhatColumns = 50;
  writer.Heading("UNKNOWN",
                 PadRight("what the text does not hold", kWhatColumns - 9) + "find out with");
  for (const Missing& missing : report.unknowns) {
    const std::string what = "  " + Safe(missing.what);
    if (DisplayWidth(what) >= kWhatColumns || writer.narrow()) {
      writer.Wrapped("  ", 2, Safe(missing.what) + ": " + missing.find_out);
    } else {
      writer.Line(PadRight(what, kWhatColumns) + missing.find_out);
    }
  }
}

void WriteChecks(const IncidentReport& report, TextWriter& writer) {
  if (report.confidence_note.empty()) return;
  std::string differs;
  for (const SelfCheck& check : report.checks) {
    if (!check.ok && differs.empty()) differs = "; differs: " + check.text;
  }
  writer.Heading("CHECKS", Safe(report.confidence_note + differs));
}

void WriteEvidence(const StoreSummary& store, const IncidentReport& report, TextWriter& writer) {
  if (report.references.empty()) return;
  const std::string_view gap = writer.options().plain ? " " : "             ";
  const bool several_files = store.sources.size() > 1;
  const std::string_view place = several_files ? "file:line:byte" : "line:byte";
  writer.Heading("EVIDENCE", writer.options().verbose
                                 ? std::string(place)
                                 : fmt::format("{}{}(--verbose: every line)", place, gap));
  if (report.references.size() > kMostSingleLines && !writer.options().verbose &&
      !writer.narrow() && !several_files) {
    WritePairs(store, report.references, writer);
    return;
  }
  for (const Reference& reference : report.references) {
    const std::string head = fmt::format("  [{}] ", reference.number);
    bool first = true;
    for (const Evidence& quote : reference.quotes) {
      const std::string words = QuoteWords(store, quote);
      if (words.empty()) continue;
      if (!first && !writer.options().verbose) continue;
      const std::string line = (first ? head : std::string(head.size(), ' ')) + words;
      if (writer.options().verbose)
        writer.Wrapped(first ? head : "", static_cast<int>(head.size()), words);
      else
        writer.Line(writer.Cut(line, writer.width()));
      first = false;
    }
    if (first) writer.Line(head + "the quote was not found");
  }
}

void WriteVerbose(const StoreSummary& store, const IncidentReport& report, TextWriter& writer) {
  writer.Blank();
  writer.Line("FINDINGS", Tone::kBold);
  for (const Finding& finding : report.findings) {
    writer.Wrapped("  ", 2,
                   fmt::format("{} ({}, {}): {} {}", finding.rule, RoleName(finding.role),
                               ConfidenceName(finding.confidence), Safe(finding.title),
                               Safe(finding.explanation)));
    if (!finding.confidence_why.empty())
      writer.Wrapped("    ", 4,
                     fmt::format("{} confidence: {}", ConfidenceName(finding.confidence),
                                 Safe(finding.confidence_why)));
    const std::string recommendation = RecommendationText(finding);
    if (!recommendation.empty()) writer.Wrapped("    ", 4, Safe(recommendation));
    for (const Evidence& quote : finding.evidence) {
      const std::string words = QuoteWords(store, quote);
      if (!words.empty()) writer.Wrapped("    ", 4, words);
    }
  }
  if (report.notes.empty()) return;
  writer.Line("SUMS", Tone::kBold);
  for (const std::string& note : report.notes) writer.Wrapped("  ", 4, Safe(note));
  writer.Line("RECORDS", Tone::kBold);
  for (const EventLine& event : report.events) {
    writer.Wrapped(
        "  ", 4,
        Safe(fmt::format(
            "{} {} {}{}", PlaceWords(store, event.source_id, event.line, event.column), event.kind,
            event.title,
            event.complete ? "" : "; incomplete: " + event.damage.value_or("lines are missing"))));
  }
}

}  // namespace kautopsy
