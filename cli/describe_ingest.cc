#include "cli/describe_ingest.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "cli/messages.h"
#include "cli/number_text.h"
#include "cli/terminal.h"

namespace kautopsy {
namespace {

std::string Files(uint64_t count) {
  return WithThousands(count) + (count == 1 ? " file" : " files");
}

std::string DescribeRecords(const ImportTotals& totals) {
  std::string text = fmt::format("  records   {} new", WithThousands(totals.new_events));
  if (totals.known > 0) {
    text += fmt::format(", {} already known ({} stored before)", WithThousands(totals.known_events),
                        Files(totals.known));
  }
  return text + "\n";
}

// Two columns, so that the eye can add them up to the sum at the end.
std::string DescribeLines(const LineLedger& ledger) {
  const uint64_t sum =
      ledger.claimed + ledger.not_kernel + ledger.noise + ledger.unclaimed_kernel + ledger.damaged;
  const std::string left[] = {WithThousands(ledger.claimed), WithThousands(ledger.noise),
                              WithThousands(ledger.damaged)};
  const std::string right[] = {WithThousands(ledger.not_kernel),
                               WithThousands(ledger.unclaimed_kernel), WithThousands(sum)};
  std::size_t left_width = 0;
  std::size_t right_width = 0;
  for (const std::string& number : left) left_width = std::max(left_width, number.size());
  for (const std::string& number : right) right_width = std::max(right_width, number.size());
  constexpr const char* kLeftWords[] = {"in records", "kernel, no record", "damaged"};
  constexpr const char* kRightWords[] = {"not kernel", "kernel, not understood", ""};
  const bool equal = sum == ledger.lines;
  const char* good = UnicodeLocale() ? "✓" : "ok";
  std::string text;
  for (int row = 0; row < 3; ++row) {
    text += fmt::format("  {:<9} {:>{}} {:<19}{} {:>{}} {}\n", row == 0 ? "lines" : "", left[row],
                        left_width, kLeftWords[row], row == 2 ? "=" : " ", right[row], right_width,
                        row == 2 ? (equal ? good : "(lines are missing)") : kRightWords[row]);
  }
  return text;
}

std::string DescribeIncidents(const IncidentCounts& incidents, uint64_t before) {
  std::string text = fmt::format("  incidents {}", WithThousands(incidents.total));
  if (incidents.total > before)
    text += fmt::format(" ({} new)", WithThousands(incidents.total - before));
  std::string separator = ": ";
  for (const auto& [severity, count] : incidents.by_severity) {
    text += fmt::format("{}{} {}", separator, WithThousands(count), severity);
    separator = ", ";
  }
  return text + "\n";
}

}  // namespace

Result<IncidentCounts> CountIncidents(Database& database) {
  Result<Statement> statement = database.Prepare(
      "SELECT coalesce(severity, 'info') AS word, count(*) FROM incident GROUP BY word "
      "ORDER BY instr('critical major minor info', word)");
  if (!statement) return tl::unexpected(statement.error());
  IncidentCounts counts;
  Result<bool> row = statement->Step();
  for (; row && *row; row = statement->Step()) {
    const auto count = static_cast<uint64_t>(statement->GetInteger(1).value_or(0));
    counts.by_severity.emplace_back(statement->GetText(0).value_or(""), count);
    counts.total += count;
  }
  if (!row) return tl::unexpected(row.error());
  return counts;
}

std::string DescribeIngest(const ImportTotals& totals, const IncidentCounts& incidents,
                           uint64_t incidents_before, const std::string& store) {
  std::string text =
      fmt::format("ingested {}, {}, {} lines in {} ({})\n", Files(totals.sources),
                  SizeText(totals.bytes), WithThousands(totals.ledger.lines),
                  DurationText(totals.seconds), RateText(totals.bytes, totals.seconds));
  text += DescribeRecords(totals);
  text += DescribeLines(totals.ledger);
  if (totals.skipped > 0)
    text += fmt::format("  skipped   {}, not logs: see relation skipped_input\n",
                        WithThousands(totals.skipped));
  text += DescribeIncidents(incidents, incidents_before);
  text += "see     kautopsy report --db " + EscapeForTerminal(ShellWord(store)) + "\n";
  return text;
}

std::string DescribeIngestForScripts(const ImportTotals& totals) {
  return fmt::format("done inputs={} files={} skipped={} problems={} lines={} records={} s={:.1f}",
                     totals.inputs, totals.sources, totals.skipped, totals.problems,
                     totals.ledger.lines, totals.new_events, totals.seconds);
}

}  // namespace kautopsy
