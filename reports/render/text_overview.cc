#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "reports/format.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

constexpr int kNameColumns = 16;
constexpr int64_t kBarColumns = 12;

// "09-01 to 09-25"; months where the years differ.
std::string SpanWords(const std::string& from, const std::string& to) {
  const bool one_year = from.compare(0, 4, to, 0, 4) == 0;
  return one_year ? from.substr(5, 5) + " to " + to.substr(5, 5)
                  : from.substr(0, 7) + "-" + to.substr(0, 7);
}

std::size_t WhenColumns(const Overview& overview) {
  std::size_t columns = 9;  // "undated"
  for (const IncidentLine& line : overview.worst) columns = std::max(columns, line.when.size());
  return columns + 1;
}

void WriteIncidents(const Overview& overview, TextWriter& writer) {
  writer.Line("WORST FIRST", Tone::kBold);
  const std::size_t when_columns = WhenColumns(overview);
  for (const IncidentLine& line : overview.worst) {
    const std::string head = fmt::format("  #{:<5}{:<9}{:<18}{:<{}}", line.id, line.severity,
                                         line.primary_cause, Safe(line.when), when_columns);
    writer.LineWithTail(head + Safe(line.host.value_or("host unknown")), line.confidence,
                        ConfidenceTone(line.confidence));
    const std::string indent(8, ' ');
    writer.Line(writer.Cut(indent + Safe(line.headline), writer.width()));
  }
  const int64_t more = overview.incidents - static_cast<int64_t>(overview.worst.size());
  if (more > 0) writer.Line(fmt::format("  … {} more: --verbose", Thousands(more)));
  writer.Blank();
}

// One bar per period, of `largest`; a dot where nothing was.
std::string Sparkline(const std::vector<int64_t>& counts, int64_t largest) {
  constexpr std::array<const char*, 8> kSteps = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  std::string line;
  for (const int64_t count : counts) {
    const auto step = static_cast<std::size_t>((count * 8 + largest - 1) / largest);
    line += count == 0 ? "·" : kSteps[std::clamp<std::size_t>(step, 1, kSteps.size()) - 1];
  }
  return line;
}

void WriteHosts(const Overview& overview, TextWriter& writer) {
  if (overview.hosts_in_all < 2 && overview.by_period.empty()) return;
  const bool trend = !overview.by_period.empty() && !writer.narrow();
  const std::string span = trend ? PadRight(SpanWords(*overview.from, *overview.to), 16) : "";
  writer.Heading("HOSTS", PadRight("", kNameColumns - 6) + "incidents  " + span +
                              PadRight("gap between", 23) + "usual cause");
  int64_t largest = 1;
  for (const HostLine& line : overview.hosts) {
    for (const int64_t count : line.by_period) largest = std::max(largest, count);
  }
  for (const HostLine& line : overview.hosts) {
    std::string text =
        "  " +
        PadRight(writer.Cut(Safe(line.host.value_or("unknown")), kNameColumns - 1), kNameColumns);
    text += PadLeft(Thousands(line.incidents), 8) + "  ";
    if (trend) text += PadRight(Sparkline(line.by_period, largest), 16);
    text += PadRight(RhythmWords(line), 23);
    text += fmt::format("{} {}", line.cause, Thousands(line.of_cause));
    writer.Line(writer.Cut(text, writer.width()));
  }
  const int64_t more = overview.hosts_in_all - static_cast<int64_t>(overview.hosts.size());
  if (more > 0) writer.Line(fmt::format("  … {} more hosts", Thousands(more)));
  writer.Blank();
}

std::string Bar(int64_t count, int64_t largest) {
  const int64_t cells = std::max<int64_t>(1, count * kBarColumns / std::max<int64_t>(1, largest));
  std::string bar;
  for (int64_t cell = 0; cell < cells; ++cell) bar += "█";
  return bar;
}

void WriteCauses(const Overview& overview, TextWriter& writer) {
  writer.Line("CAUSES", Tone::kBold);
  for (const CountLine& line : overview.causes) {
    writer.Line(fmt::format("  {} {} {}", PadRight(writer.Cut(Safe(line.name), 20), 20),
                            PadLeft(Thousands(line.count), 6),
                            Bar(line.count, overview.causes.front().count)));
  }
  writer.Blank();
}

void WriteVictims(const Overview& overview, TextWriter& writer) {
  if (overview.victims.empty()) return;
  writer.Heading("VICTIMS", PadRight("", 14) + " kills  biggest");
  for (const CountLine& line : overview.victims) {
    const bool sized = line.biggest_kb && *line.biggest_kb > 0;
    writer.Line(fmt::format("  {} {}  {}", PadRight(writer.Cut(Safe(line.name), 20), 20),
                            PadLeft(Thousands(line.count), 6),
                            sized ? SizeText(*line.biggest_kb) : "?"));
  }
  writer.Blank();
}

}  // namespace

void WriteShared(const Overview& overview, TextWriter& writer) {
  if (overview.shared.empty()) return;
  writer.Line("SAME SIGNATURE ON SEVERAL HOSTS", Tone::kBold);
  constexpr std::size_t kMostHosts = 6;
  for (const SharedSignature& shared : overview.shared) {
    std::string hosts;
    for (std::size_t i = 0; i < shared.hosts.size() && i < kMostHosts; ++i)
      hosts += fmt::format("{}{} ({})", i == 0 ? "" : ", ", Safe(shared.hosts[i].name),
                           Thousands(shared.hosts[i].count));
    if (shared.hosts.size() > kMostHosts)
      hosts += fmt::format(" and {} more", shared.hosts.size() - kMostHosts);
    writer.Wrapped("  ", 4, Safe(shared.signature) + ": " + hosts);
  }
  writer.Blank();
}

void WriteNotRead(const Overview& overview, TextWriter& writer) {
  for (const SourceLedger& source : overview.store.sources) {
    if (source.damage) writer.Wrapped("  ", 4, Safe(source.path + ": " + *source.damage));
  }
  const std::string words = NotReadWords(overview.store);
  if (!words.empty()) writer.Heading("NOT READ", words);
}

void WriteNext(const Overview& overview, TextWriter& writer) {
  writer.Heading("NEXT",
                 fmt::format("{} --incident {}", overview.command, overview.worst.front().id));
}

void RenderOverviewText(const Overview& overview, const ReportOptions& options, std::ostream& out) {
  if (options.plain) return RenderOverviewPlain(overview, options, out);
  TextWriter writer(options, out);
  writer.Line("kautopsy │ " + StoreWords(overview.store));
  writer.Blank();
  if (overview.incidents == 0) {
    writer.Wrapped("  ", 2, Safe(NoIncidentWords(overview)));
    WriteNotRead(overview, writer);
    return;
  }
  writer.Wrapped("  ", 2, OverviewSentence(overview));
  writer.Blank();
  WriteIncidents(overview, writer);
  WriteHosts(overview, writer);
  WriteCauses(overview, writer);
  WriteVictims(overview, writer);
  WriteShared(overview, writer);
  WriteNotRead(overview, writer);
  WriteNext(overview, writer);
}

}  // namespace kautopsy
