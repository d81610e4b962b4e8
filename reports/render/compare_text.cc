#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>

#include "reports/compare/figures.h"
#include "reports/diagnosis/signature.h"
#include "reports/format.h"
#include "reports/render/compare.h"
#include "reports/render/compare_sections.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

std::string SideWords(const ComparedSide& side) {
  std::string words = side.label;
  if (!side.chosen.empty()) words += " (" + side.chosen + ")";
  const bool own_file = side.place.starts_with(side.label + ":");
  if (side.whole_incident)
    words += fmt::format(": {} at {}", side.what,
                         own_file ? side.place.substr(side.label.size() + 1) : side.place);
  else
    words += ", " + side.what;
  if (side.moments > 1) words += fmt::format(", one of its {} moments", Thousands(side.moments));
  words += ", " + (side.moment.empty() ? "no time" : side.moment);
  if (!side.host) return words + ", no host";
  words += ", " + *side.host;
  if (side.host_deduced) words += " (not named beside it)";
  return words;
}

std::string TimeWords(const Comparison& comparison) {
  if (!comparison.seconds_between) return "unknown";
  const int64_t seconds = *comparison.seconds_between;
  std::string words = seconds == 0 ? "less than 1 s" : SpanText(std::abs(seconds));
  if (seconds < 0) words += "; the second is the earlier one";
  return words + (comparison.time_note.empty() ? "" : "; " + comparison.time_note);
}

void WriteSides(const Comparison& comparison, const SideLabels& labels, TextWriter& writer) {
  writer.Wrapped(labels.before, kSideColumns, Safe(SideWords(comparison.before)));
  writer.Wrapped(labels.after, kSideColumns, Safe(SideWords(comparison.after)));
  if (comparison.same_record) return;
  std::string machine =
      fmt::format("{}: {}", MachineVerdictName(comparison.machine.verdict), comparison.machine.why);
  writer.Wrapped("same machine?", kSideColumns, Safe(machine));
  writer.Wrapped("time between", kSideColumns, TimeWords(comparison));
}

std::string VictimWords(const ComparedSide& side) {
  std::string words;
  for (const ComparedVictim& victim : side.victims) {
    words += (words.empty() ? "" : ", ") + victim.name;
    if (victim.rss_kb) words += " " + SizeText(*victim.rss_kb);
  }
  const int64_t more = side.victims_in_all - static_cast<int64_t>(side.victims.size());
  if (more > 0) words += fmt::format(" and {} more", Thousands(more));
  return words.empty() ? "nothing" : words;
}

// A cause alone may have two culprits.
std::string_view SameKindWord(const Comparison& comparison) {
  if (!*comparison.same_signature) return "no";
  return NamesCulprit(comparison.after.signature) ? "yes" : "perhaps";
}

void WriteIncidents(const Comparison& comparison, const SideLabels& labels, TextWriter& writer) {
  const auto tells = [](const ComparedSide& side) {
    return side.whole_incident || side.victims_in_all > 0;
  };
  const bool any = tells(comparison.before) || tells(comparison.after);
  if (!any || comparison.same_record) return;
  writer.Blank();
  writer.Line("INCIDENTS", Tone::kBold);
  const std::pair<const char*, const ComparedSide*> sides[] = {{labels.before, &comparison.before},
                                                               {labels.after, &comparison.after}};
  for (const auto& [label, side] : sides) {
    if (!side->whole_incident) {
      writer.Wrapped(fmt::format("  {}", label), kLabelColumns,
                     Safe("died: " + VictimWords(*side)));
      continue;
    }
    writer.Wrapped(fmt::format("  {}", label), kLabelColumns,
                   Safe(fmt::format("{}: {}", side->severity, side->headline)));
    writer.Wrapped(
        "    cause", kLabelColumns,
        Safe(fmt::format("{}{}[{}], {}", side->cause_words, side->cause_words.empty() ? "" : " ",
                         side->cause, side->confidence)));
    writer.Wrapped("    died", kLabelColumns, Safe(VictimWords(*side)));
  }
  if (!comparison.same_signature) return;
  writer.Wrapped("  same kind?", kLabelColumns,
                 Safe(fmt::format("{}: {}", SameKindWord(comparison), comparison.signature_why)));
}

void WriteRemarks(const Comparison& comparison, TextWriter& writer) {
  if (comparison.remarks.empty()) return;
  writer.Blank();
  for (const LabelledText& remark : comparison.remarks)
    writer.Wrapped("  " + remark.label, 10, Safe(remark.text));
}

void WriteUnknown(const Comparison& comparison, TextWriter& writer) {
  if (comparison.unknowns.empty()) return;
  constexpr int kWhatColumns = 50;
  writer.Blank();
  writer.Heading("UNKNOWN",
                 PadRight("what the text does not hold", kWhatColumns - 9) + "find out with");
  for (const Missing& missing : comparison.unknowns) {
    const std::string what = "  " + Safe(missing.what);
    if (writer.narrow())
      writer.Wrapped("  ", 2, Safe(missing.what) + ": " + missing.find_out);
    else
      writer.Line(PadRight(what, kWhatColumns) + missing.find_out);
  }
}

// Where the second lies before the first, or on another machine, nothing went from one to the
// other.
SideLabels LabelsOf(const Comparison& comparison) {
  if (comparison.IsChange()) return {"before", "after", "change", true};
  return {"first", "second", "differs", false};
}

}  // namespace

void RenderComparisonText(const Comparison& comparison, const ReportOptions& options,
                          std::ostream& out) {
  TextWriter writer(options, out);
  const SideLabels labels = LabelsOf(comparison);
  writer.Wrapped("kautopsy compare ", 4,
                 Safe(comparison.before.label + " " + comparison.after.label));
  writer.Blank();
  writer.Wrapped("", 2, Safe(comparison.headline));
  writer.Blank();
  WriteSides(comparison, labels, writer);
  WriteIncidents(comparison, labels, writer);
  if (comparison.lists) WriteListChange(*comparison.lists, labels, writer);
  WriteRemarks(comparison, writer);
  if (comparison.memory) WriteMemoryChange(*comparison.memory, labels, writer);
  if (comparison.holders) WriteHoldersChange(*comparison.holders, labels, writer);
  WriteUnknown(comparison, writer);
}

}  // namespace kautopsy
