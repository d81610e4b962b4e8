#include <fmt/core.h>

#include "reports/diagnosis/wording.h"
#include "reports/format.h"
#include "reports/render/text.h"

// The reports as sentences: for readers who hear them, line by line, and for dumb terminals. No
// bars, no columns, nothing at the right edge.

namespace kautopsy {
namespace {

constexpr int kMargin = 2;

void Say(TextWriter& writer, const std::string& sentence, const std::vector<int>& refs = {}) {
  writer.Wrapped(std::string(kMargin, ' '), kMargin, sentence, refs);
}

std::string After(const std::string& day, std::string_view separator = ": ") {
  return day.empty() ? "" : Safe(day) + std::string(separator);
}

void SayVerdict(const IncidentReport& report, TextWriter& writer) {
  writer.Line("VERDICT", Tone::kBold);
  for (const VerdictLine& line : report.verdict) {
    std::string words = line.label;
    if (!line.confidence.empty()) words += ", confidence " + line.confidence;
    words += ": " + Safe(line.text);
    if (!line.code.empty()) words += " [" + line.code + "]";
    if (!line.when.empty()) words += ", " + Safe(line.when);
    Say(writer, words);
  }
  writer.Blank();
}

void SayDoNow(const IncidentReport& report, TextWriter& writer) {
  if (report.do_now.empty()) return;
  writer.Heading("DO NOW", report.do_now_note);
  for (const LabelledText& line : report.do_now) {
    const std::string label = line.label.empty() ? "" : line.label + ": ";
    if (!line.command.empty()) writer.Line("  " + label + line.command);  // never broken
    if (!line.text.empty()) Say(writer, (line.command.empty() ? label : "") + Safe(line.text));
  }
}

void SayDeaths(const IncidentReport& report, TextWriter& writer) {
  if (report.deaths.empty()) return;
  writer.Line("WHAT DIED", Tone::kBold);
  for (const Death& death : report.deaths) {
    Say(writer, After(death.moment) + Safe(death.what), death.refs);
    for (const std::string& detail : death.details) Say(writer, Safe(detail));
    if (!death.damage.empty()) Say(writer, "incomplete: " + Safe(death.damage));
  }
}

void SayReruns(const IncidentReport& report, TextWriter& writer) {
  for (const RerunSection& section : report.why) {
    writer.Heading("WHY", Safe(section.question), section.refs);
    Say(writer, Safe(section.rule));
    for (const ZoneCheck& check : section.rerun.checks) Say(writer, Safe(CheckWords(check)));
    for (const std::string& note : section.notes) Say(writer, Safe(note));
  }
}

std::string ShareWords(double part, double whole) {
  const std::string percent = part == whole ? "100" : PercentNumber(part, whole);
  return (percent.starts_with("< ") ? "less than " + percent.substr(2) : percent) + " %";
}

// "Node 0 Normal: 1,648,026 pieces of 4 KiB = 100 % of its free memory; none larger".
std::string ListSentence(const ZoneFacts& zone) {
  const auto size_kb = [](const FreeCell& cell) {
    return static_cast<double>(cell.count) * static_cast<double>(cell.block_kb);
  };
  double zone_kb = 0;
  for (const FreeCell& cell : zone.cells) zone_kb += size_kb(cell);
  const std::string name = zone.node ? fmt::format("Node {} {}", *zone.node, zone.zone) : zone.zone;
  std::string words;
  for (const FreeCell& cell : zone.cells) {
    if (cell.count <= 0) continue;
    words +=
        fmt::format("{}{} of {} = {}{}", words.empty() ? "" : ", ", Counted(cell.count, "piece"),
                    PieceSize(cell.block_kb), ShareWords(size_kb(cell), zone_kb),
                    words.empty() ? " of its free memory" : "");
  }
  if (words.empty()) return name + ": no free piece";
  return name + ": " + words + (zone.cells.back().count == 0 ? "; none larger" : "");
}

void SayFreeLists(const IncidentReport& report, TextWriter& writer) {
  for (const FreeListSection& section : report.free_lists) {
    writer.Heading("FREE LISTS", After(section.day, ", ") + "pieces by size", section.refs);
    for (const ZoneFacts& zone : section.zones) {
      if (!zone.cells.empty()) Say(writer, Safe(ListSentence(zone)));
    }
  }
}

std::string ItemSentence(const MemorySection& section) {
  const auto ram = static_cast<double>(section.ram_kb);
  std::string words;
  for (const MemoryItem& item : MemoryItems(section)) {
    words += fmt::format("{}{} {} = {}", words.empty() ? "" : ", ", item.name, SizeText(item.kb),
                         ShareWords(static_cast<double>(item.kb), ram));
  }
  return words;
}

void SayMemory(const IncidentReport& report, TextWriter& writer) {
  for (const MemorySection& section : report.memory) {
    if (section.ram_kb <= 0) continue;
    writer.Heading("MEMORY", After(section.day, ", ") + SizeText(section.ram_kb), section.refs);
    if (const std::optional<MemorySection> reach = ReachSection(section)) {
      Say(writer, fmt::format("of {} that the request could use, {}: {}", SizeText(reach->ram_kb),
                              Safe(section.reach), ItemSentence(*reach)));
    }
    Say(writer, ItemSentence(section));
    if (!section.note.empty()) Say(writer, Safe(section.note));
  }
}

void SayHolders(const IncidentReport& report, TextWriter& writer) {
  for (const HoldersSection& section : report.holders) {
    writer.Heading(section.guests ? "GUESTS" : "PROGRAMS", Safe(section.day), section.refs);
    for (const Holder& holder : section.holders) {
      Say(writer,
          Safe(holder.name) + " " + SizeText(holder.rss_kb) + (holder.killed ? ", killed" : ""));
    }
    const std::string commands = CommandsWords(section);
    if (!commands.empty()) Say(writer, "by name: " + Safe(commands));
    for (const std::string& grown : section.grown) Say(writer, "grew: " + Safe(grown));
    const std::string together = TogetherWords(section);
    if (!together.empty()) Say(writer, together);
  }
}

void SayRefusals(const IncidentReport& report, TextWriter& writer) {
  for (const RefusalSection& section : report.refusals) {
    writer.Heading("FAILED", Safe(section.day), section.refs);
    Say(writer, Safe(section.what));
    for (const LabelledText& line : section.lines) Say(writer, After(line.label) + Safe(line.text));
  }
}

// "; free 47.7 GiB; cache 2.0 MiB; pieces of at least 64 KiB: 0 on node 0, 0 on node 1".
std::string FigureWords(const TimelineRow& row, const TimelineSection& section) {
  std::string words;
  if (row.free_kb) words += "; free " + SizeText(*row.free_kb);
  if (row.cache_kb) words += "; cache " + SizeText(*row.cache_kb);
  std::string pieces;
  for (std::size_t i = 0; i < row.pieces.size(); ++i) {
    if (!row.pieces[i]) continue;
    pieces += (pieces.empty() ? "" : ", ") + Thousands(*row.pieces[i]);
    if (i < section.nodes.size()) pieces += fmt::format(" on node {}", section.nodes[i]);
  }
  if (!pieces.empty())
    words += fmt::format("; pieces of at least {}: {}", PieceSize(section.piece_kb), pieces);
  return words;
}

void SayTimeline(const IncidentReport& report, TextWriter& writer) {
  const TimelineSection& section = report.timeline;
  if (section.rows.empty()) return;
  writer.Heading("TIMELINE", Safe(section.note));
  for (const TimelineRow& row : section.rows) {
    const std::string moment = row.moment == "~" ? "undated" : row.moment;
    Say(writer, After(moment) + Safe(row.what) + FigureWords(row, section), row.refs);
  }
  if (section.left_out > 0) Say(writer, Thousands(section.left_out) + " more");
  for (const std::string& note : section.notes) Say(writer, Safe(note));
}

void SayUnknowns(const IncidentReport& report, TextWriter& writer) {
  if (report.unknowns.empty()) return;
  writer.Heading("UNKNOWN", "what the text does not hold, and what tells it");
  for (const Missing& missing : report.unknowns)
    Say(writer, Safe(missing.what) + ": " + missing.find_out);
}

void SayIncidents(const Overview& overview, TextWriter& writer) {
  writer.Line("WORST FIRST", Tone::kBold);
  for (const IncidentLine& line : overview.worst) {
    Say(writer, Safe(fmt::format("Incident {}, {}, cause {}, confidence {}, {}, {}: {}", line.id,
                                 line.severity, line.primary_cause, line.confidence, line.when,
                                 line.host.value_or("host unknown"), line.headline)));
  }
  const int64_t more = overview.incidents - static_cast<int64_t>(overview.worst.size());
  if (more > 0) Say(writer, Thousands(more) + " more: --verbose");
  writer.Blank();
}

void SayHosts(const Overview& overview, TextWriter& writer) {
  if (overview.hosts_in_all < 2) return;
  writer.Line("HOSTS", Tone::kBold);
  for (const HostLine& line : overview.hosts) {
    const std::string rhythm = line.rhythm.empty() ? "" : ", " + line.rhythm;
    Say(writer, Safe(fmt::format("{}: {}{}, usual cause {}, {} of them",
                                 line.host.value_or("unknown"), Counted(line.incidents, "incident"),
                                 rhythm, line.cause, Thousands(line.of_cause))));
  }
  const int64_t more = overview.hosts_in_all - static_cast<int64_t>(overview.hosts.size());
  if (more > 0) Say(writer, Thousands(more) + " more hosts");
  writer.Blank();
}

void SayCounts(const Overview& overview, TextWriter& writer) {
  writer.Line("CAUSES", Tone::kBold);
  for (const CountLine& line : overview.causes)
    Say(writer, Safe(line.name) + ": " + Counted(line.count, "incident"));
  writer.Blank();
  if (overview.victims.empty()) return;
  writer.Line("VICTIMS", Tone::kBold);
  for (const CountLine& line : overview.victims) {
    const bool sized = line.biggest_kb && *line.biggest_kb > 0;
    Say(writer, Safe(line.name) + ": " + Counted(line.count, "kill") +
                    (sized ? ", biggest " + SizeText(*line.biggest_kb) : ""));
  }
  writer.Blank();
}

}  // namespace

void RenderIncidentPlain(const StoreSummary& store, const IncidentReport& report,
                         const ReportOptions& options, std::ostream& out) {
  TextWriter writer(options, out);
  writer.Wrapped("", 0, "kautopsy, " + Safe(SourceWords(store)));
  writer.Wrapped("", 0, Safe(MachineWords(report, ", ")));
  WriteDamage(store, writer);
  writer.Blank();
  Say(writer, Safe(report.line.headline));
  writer.Blank();
  SayVerdict(report, writer);
  SayDoNow(report, writer);
  SayDeaths(report, writer);
  SayReruns(report, writer);
  SayFreeLists(report, writer);
  SayMemory(report, writer);
  SayHolders(report, writer);
  SayRefusals(report, writer);
  SayTimeline(report, writer);
  WriteForGood(report, writer);
  SayUnknowns(report, writer);
  WriteChecks(report, writer);
  WriteEvidence(store, report, writer);
  if (options.verbose) WriteVerbose(store, report, writer);
}

void RenderOverviewPlain(const Overview& overview, const ReportOptions& options,
                         std::ostream& out) {
  TextWriter writer(options, out);
  writer.Wrapped("", 0, "kautopsy, " + StoreWords(overview.store));
  writer.Blank();
  Say(writer, overview.incidents == 0 ? NoIncidentWords(overview) : OverviewSentence(overview));
  if (overview.incidents == 0) return WriteNotRead(overview, writer);
  writer.Blank();
  SayIncidents(overview, writer);
  SayHosts(overview, writer);
  SayCounts(overview, writer);
  WriteShared(overview, writer);
  WriteNotRead(overview, writer);
  WriteNext(overview, writer);
}

}  // namespace kautopsy
