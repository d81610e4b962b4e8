#include "cli/describe_ingest.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/shell_word.h"
#include "base/text.h"
#include "cli/messages.h"
#include "cli/number_text.h"
#include "cli/terminal.h"

namespace kautopsy {
namespace {

std::string Files(uint64_t count) {
  return WithThousands(count) + (count == 1 ? " file" : " files");
}

// "12 oom, 3 panic"
std::string ListOf(const CountsByName& counts) {
  std::string text;
  for (const auto& [name, count] : counts)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", WithThousands(count), name);
  return text;
}

// As the store has them: those of the last sources may be lost with a store that failed.
uint64_t NewRecords(const StoreContents& after) {
  uint64_t sum = 0;
  for (const auto& [kind, count] : after.new_events) sum += count;
  return sum;
}

std::string DescribeRecords(const ImportTotals& totals, const StoreContents& after) {
  std::string text = fmt::format("  records   {} new", WithThousands(NewRecords(after)));
  if (!after.new_events.empty()) text += ": " + ListOf(after.new_events);
  text += "\n";
  if (totals.known_events > 0)
    text += fmt::format("            {} already known\n", WithThousands(totals.known_events));
  if (totals.known > 0) text += fmt::format("            {} stored before\n", Files(totals.known));
  return text;
}

uint64_t SkippedInAll(const ImportTotals& totals) {
  uint64_t sum = 0;
  for (const auto& [reason, count] : totals.skipped) sum += count;
  return sum;
}

std::string DescribeSkipped(const ImportTotals& totals) {
  if (totals.skipped.empty()) return {};
  const CountsByName reasons(totals.skipped.begin(), totals.skipped.end());
  return fmt::format("  skipped   {}: {} [relation skipped_input]\n",
                     WithThousands(SkippedInAll(totals)), ListOf(reasons));
}

// "  unread    5: a.gz, b.tar, c.xz and 2 more [skipped_input]"
std::string DescribePaths(std::string_view head, const CountedPaths& paths,
                          std::string_view relation) {
  if (paths.count == 0) return {};
  std::string text = fmt::format("  {:<9} {}: ", head, WithThousands(paths.count));
  for (const std::string& path : paths.first)
    text += (&path == paths.first.data() ? "" : ", ") + EscapeForTerminal(path);
  const uint64_t more = paths.count - paths.first.size();
  if (more > 0) text += fmt::format(" and {} more", WithThousands(more));
  return text + fmt::format(" [{}]\n", relation);
}

std::string DescribeStore(const StoreContents& after) {
  std::string text = fmt::format("  store     {} {}, {} {}", WithThousands(after.hosts),
                                 after.hosts == 1 ? "host" : "hosts", WithThousands(after.boots),
                                 after.boots == 1 ? "boot" : "boots");
  if (!after.first_day.empty()) text += ", " + after.first_day + " to " + after.last_day;
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

std::string DescribeIncidents(const StoreContents& before, const StoreContents& after) {
  std::string text = fmt::format("  incidents {}", WithThousands(after.incidents_total));
  if (after.incidents_total > before.incidents_total)
    text += fmt::format(" ({} new)", WithThousands(after.incidents_total - before.incidents_total));
  if (!after.incidents.empty()) text += ": " + ListOf(after.incidents);
  return text + "\n";
}

constexpr char kSelectIncidents[] =
    "SELECT coalesce(severity, 'info') AS word, count(*) FROM incident WHERE incident_id > ?1 "
    "GROUP BY word "
    "ORDER BY instr('critical major minor info', word)";
constexpr char kSelectKinds[] =
    "SELECT kind, count(*) AS events FROM event WHERE event_id > ?1 GROUP BY kind "
    "ORDER BY events DESC, kind";
constexpr char kSelectSpan[] =
    "SELECT count(DISTINCT host), count(*), substr(min(first_time), 1, 10), "
    "substr(max(last_time), 1, 10), (SELECT max(event_id) FROM event) FROM boot";

Result<CountsByName> ReadCounts(Database& database, std::string_view sql, int64_t behind) {
  Result<Statement> statement = database.Prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  statement->Bind(0, behind);
  CountsByName counts;
  Result<bool> row = statement->Step();
  for (; row && *row; row = statement->Step()) {
    counts.emplace_back(statement->GetText(0).value_or(""),
                        static_cast<uint64_t>(statement->GetInteger(1).value_or(0)));
  }
  if (!row) return tl::unexpected(row.error());
  return counts;
}

Status ReadSpan(Database& database, StoreContents& contents) {
  Result<Statement> statement = database.Prepare(kSelectSpan);
  if (!statement) return tl::unexpected(statement.error());
  const Result<bool> row = statement->Step();
  if (!row) return tl::unexpected(row.error());
  contents.hosts = static_cast<uint64_t>(statement->GetInteger(0).value_or(0));
  contents.boots = static_cast<uint64_t>(statement->GetInteger(1).value_or(0));
  contents.first_day = statement->GetText(2).value_or("");
  contents.last_day = statement->GetText(3).value_or(contents.first_day);
  contents.last_event_id = statement->GetInteger(4).value_or(0);
  return {};
}

}  // namespace

Result<StoreContents> ReadContents(Database& database, int64_t last_event_id) {
  StoreContents contents;
  Result<CountsByName> incidents = ReadCounts(database, kSelectIncidents, 0);
  if (!incidents) return tl::unexpected(incidents.error());
  Result<CountsByName> kinds = ReadCounts(database, kSelectKinds, last_event_id);
  if (!kinds) return tl::unexpected(kinds.error());
  contents.incidents = std::move(*incidents);
  contents.new_events = std::move(*kinds);
  for (const auto& [severity, count] : contents.incidents) contents.incidents_total += count;
  if (Status read = ReadSpan(database, contents); !read) return tl::unexpected(read.error());
  return contents;
}

std::string DescribeIngest(const ImportTotals& totals, const StoreContents& before,
                           const StoreContents& after, const std::string& store) {
  std::string text = fmt::format(
      "{} {}, {}, {} lines in {} ({})\n", totals.store_failed ? "not all is stored of" : "ingested",
      // How many were read when the store failed is chance.
      Files(totals.store_failed ? totals.inputs : totals.sources), SizeText(totals.bytes),
      WithThousands(totals.ledger.lines), DurationText(totals.seconds),
      RateText(totals.bytes, totals.seconds));
  text += DescribeRecords(totals, after);
  text += DescribeLines(totals.ledger);
  text += DescribeSkipped(totals);
  text += DescribePaths("damaged", totals.damaged, "source.damage");
  text += DescribePaths("unread", totals.unread, "relation skipped_input");
  text += DescribeStore(after);
  text += DescribeIncidents(before, after);
  text += "see     kautopsy report --db " + EscapeForTerminal(ShellWord(store)) + "\n";
  return text;
}

std::string DescribeIngestForScripts(const ImportTotals& totals, const StoreContents& after) {
  return fmt::format("done files={} read={} skipped={} problems={} lines={} records={} s={:.1f}",
                     totals.inputs, totals.sources, SkippedInAll(totals), totals.problems,
                     totals.ledger.lines, NewRecords(after), totals.seconds);
}

}  // namespace kautopsy
