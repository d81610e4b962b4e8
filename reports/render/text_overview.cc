#include <fmt/core.h>

#include <algorithm>
#include <map>

#include "reports/format.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMostIncidents = 20;
constexpr std::size_t kMostSummed = 8;

void WriteIncidents(const Overview& overview, TextWriter& writer) {
  writer.Line("WORST FIRST", Tone::kBold);
  const std::size_t most = writer.options().verbose ? overview.incidents.size() : kMostIncidents;
  const std::size_t shown = std::min(overview.incidents.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    const IncidentLine& line = overview.incidents[i];
    const std::string head = fmt::format("  #{:<5}{:<9}{:<18}{:<10}", line.id, line.severity,
                                         line.primary_cause, Safe(line.when));
    writer.LineWithTail(head + Safe(line.host.value_or("host unknown")), line.confidence,
                        ConfidenceTone(line.confidence));
    const std::string indent(8, ' ');
    writer.Line(CutToWidth(indent + Safe(line.headline), writer.width()));
  }
  if (shown < overview.incidents.size()) {
    writer.Line(fmt::format("  … {} more: --verbose",
                            Thousands(static_cast<int64_t>(overview.incidents.size() - shown))));
  }
  writer.Blank();
}

// Counts of a column of the incidents, the largest first.
template <class Pick>
void WriteCounts(std::string_view name, const Overview& overview, Pick pick, TextWriter& writer) {
  std::map<std::string, int64_t> counts;
  for (const IncidentLine& line : overview.incidents) ++counts[pick(line)];
  std::vector<std::pair<std::string, int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& one, const auto& other) { return one.second > other.second; });
  writer.Line(name, Tone::kBold);
  const int64_t largest = sorted.front().second;
  constexpr int64_t kBarColumns = 24;
  for (std::size_t i = 0; i < sorted.size() && i < kMostSummed; ++i) {
    const int64_t cells = std::max<int64_t>(1, sorted[i].second * kBarColumns / largest);
    std::string bar;
    for (int64_t cell = 0; cell < cells; ++cell) bar += "█";
    writer.Line(fmt::format("  {} {} {}", PadRight(CutToWidth(Safe(sorted[i].first), 20), 20),
                            PadLeft(Thousands(sorted[i].second), 6), bar));
  }
  if (sorted.size() > kMostSummed)
    writer.Line(fmt::format("  … {} more", sorted.size() - kMostSummed));
  writer.Blank();
}

void WriteNotRead(const Overview& overview, TextWriter& writer) {
  int64_t unclaimed = 0;
  int64_t damaged = 0;
  for (const SourceLedger& source : overview.sources) {
    unclaimed += source.unclaimed_kernel;
    damaged += source.damaged;
    if (source.damage) writer.Wrapped("  ", 4, Safe(source.path + ": " + *source.damage));
  }
  if (unclaimed + damaged == 0) return;
  writer.Heading("NOT READ", fmt::format("{} of the kernel not understood, {} damaged",
                                         Counted(unclaimed, "line"), Counted(damaged, "line")));
}

}  // namespace

void RenderOverviewText(const Overview& overview, const ReportOptions& options, std::ostream& out) {
  TextWriter writer(options, out);
  writer.Line(fmt::format(
      "kautopsy │ {}, {}, {}{}", Counted(static_cast<int64_t>(overview.sources.size()), "file"),
      Counted(overview.hosts, "host"), Counted(overview.records, "record"),
      overview.incomplete > 0 ? fmt::format(", {} incomplete", Thousands(overview.incomplete))
                              : ""));
  writer.Blank();
  if (overview.incidents.empty()) {
    writer.Wrapped(
        "  ", 2, "No kill by the OOM killer, no failed allocation and no memory report was found.");
    WriteNotRead(overview, writer);
    return;
  }
  const auto count = static_cast<int64_t>(overview.incidents.size());
  const auto killed = std::count_if(overview.incidents.begin(), overview.incidents.end(),
                                    [](const IncidentLine& line) { return !line.victims.empty(); });
  writer.Wrapped("  ", 2,
                 fmt::format("{}; in {} of them something was killed.", Counted(count, "incident"),
                             Thousands(killed)));
  writer.Blank();
  WriteIncidents(overview, writer);
  WriteCounts(
      "CAUSES", overview, [](const IncidentLine& line) { return line.primary_cause; }, writer);
  if (overview.hosts > 1) {
    WriteCounts(
        "HOSTS", overview, [](const IncidentLine& line) { return line.host.value_or("unknown"); },
        writer);
  }
  WriteNotRead(overview, writer);
  writer.Heading("NEXT", fmt::format("kautopsy report --db FILE --incident {}",
                                     overview.incidents.front().id));
}

}  // namespace kautopsy
