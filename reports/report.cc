#include "reports/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <ostream>
#include <utility>

#include "reports/builder.h"
#include "reports/process_table.h"
#include "reports/render/html.h"
#include "reports/render/json.h"
#include "reports/render/markdown.h"
#include "reports/render/text.h"
#include "reports/trends.h"

namespace kautopsy {
namespace {

Error NoSuchIncident(const std::vector<int64_t>& known, const IncidentFilter& filter) {
  const std::string what =
      filter.incident ? fmt::format("incident {}", *filter.incident) : "these conditions";
  if (filter.incident && std::find(known.begin(), known.end(), *filter.incident) != known.end())
    return {what + ": it does not meet the other conditions"};
  if (known.empty()) return {what + ": the store has no incidents"};
  if (!filter.incident)
    return {fmt::format("{}: none of the {} incidents matches", what, known.size())};
  std::vector<int64_t> ids = known;
  std::sort(ids.begin(), ids.end());
  constexpr std::size_t kMostNamed = 20;
  std::string names;
  for (std::size_t i = 0; i < ids.size() && i < kMostNamed; ++i)
    names += fmt::format("{}{}", i == 0 ? "" : ", ", ids[i]);
  if (ids.size() > kMostNamed) names += fmt::format(" ... {}", ids.back());
  return {fmt::format("{}: there is none; the store has {}", what, names)};
}

// The incidents that are asked for; an error if that leaves none of several.
Result<std::vector<int64_t>> Select(Database& database, const ReportOptions& options) {
  Result<std::vector<int64_t>> ids = FindIncidents(database, options.filter, options.last);
  if (!ids || !ids->empty() || !options.filter.restricts()) return ids;
  const Result<std::vector<int64_t>> known = FindIncidents(database, {}, false);
  if (!known) return tl::unexpected(known.error());
  return tl::unexpected(NoSuchIncident(*known, options.filter));
}

// Writes the incidents one after the other, so that a store of any size fits into memory.
Status PrintJson(Database& database, const std::vector<int64_t>& ids, const ReportOptions& options,
                 std::ostream& out) {
  const Result<Overview> overview = BuildOverview(database, options.filter, 0);
  if (!overview) return tl::unexpected(overview.error());
  std::string head = OverviewJson(*overview).dump(2);
  head.resize(head.rfind('\n'));  // the object stays open
  out << head << ",\n  \"incidents\": [";
  RowReader reader(database);
  bool first = true;
  for (const int64_t id : ids) {
    const Result<IncidentReport> report = BuildIncidentReport(reader, id);
    if (!report) return tl::unexpected(report.error());
    out << (first ? "\n" : ",\n") << IncidentJson(*report).dump(2);
    first = false;
  }
  out << "\n  ]\n}\n";
  return {};
}

// JSON that can stand in a page: no text of a log can end the element that it is put into.
std::string JsonForPage(const HtmlReport& page) {
  nlohmann::ordered_json json = OverviewJson(page.overview);
  json["incidents"] = nlohmann::ordered_json::array();
  for (const IncidentPage& incident : page.incidents)
    json["incidents"].push_back(IncidentJson(incident.report));
  std::string text;
  for (const char c : json.dump(-1, ' ', true)) {
    if (c == '<')
      text += "\\u003c";
    else if (c == '>')
      text += "\\u003e";
    else
      text += c;
  }
  return text;
}

// What several incidents show together.
Status ReadTrends(RowReader& reader, HtmlReport& page) {
  std::vector<int64_t> shown;
  for (const IncidentPage& incident : page.incidents) shown.push_back(incident.report.line.id);
  std::vector<int64_t> listed = shown;
  if (shown.size() > 1)
    for (const IncidentLine& line : page.overview.worst) listed.push_back(line.id);
  Result<Recurrence> recurrence = ReadRecurrence(reader, listed);
  if (!recurrence) return tl::unexpected(recurrence.error());
  Result<std::vector<BootTrend>> boots = ReadBootTrends(reader, shown);
  if (!boots) return tl::unexpected(boots.error());
  page.recurrence = std::move(*recurrence);
  page.boots = std::move(*boots);
  return {};
}

std::string CommandOf(const ReportOptions& options) {
  return options.of_paths ? "kautopsy PATH..." : "kautopsy report --db FILE";
}

Status PrintHtml(Database& database, const std::vector<int64_t>& ids, const ReportOptions& options,
                 std::ostream& out) {
  constexpr int64_t kMostListed = 500;
  Result<Overview> overview = BuildOverview(database, options.filter, kMostListed);
  if (!overview) return tl::unexpected(overview.error());
  HtmlReport page;
  page.overview = std::move(*overview);
  page.overview.command = CommandOf(options);
  RowReader reader(database);
  for (const int64_t id : ids) {
    if (page.incidents.size() >= kMostHtmlIncidents) break;
    Result<IncidentReport> report = BuildIncidentReport(reader, id);
    if (!report) return tl::unexpected(report.error());
    Result<std::vector<ProcessTable>> tables = ReadProcessTables(reader, *report);
    if (!tables) return tl::unexpected(tables.error());
    page.incidents.push_back({std::move(*report), std::move(*tables)});
  }
  if (Status read = ReadTrends(reader, page); !read) return read;
  page.left_out = static_cast<int64_t>(ids.size() - page.incidents.size());
  page.json = JsonForPage(page);
  RenderHtml(page, out);
  return {};
}

// As text or Markdown: the one incident, else an overview.
Status PrintText(Database& database, const std::vector<int64_t>& ids, const ReportOptions& options,
                 std::ostream& out) {
  if (ids.size() != 1) {
    constexpr int64_t kMostListed = 20;
    Result<Overview> overview =
        BuildOverview(database, options.filter, options.verbose ? Integer() : Integer(kMostListed));
    if (!overview) return tl::unexpected(overview.error());
    overview->command = CommandOf(options);
    if (options.format == ReportFormat::kMarkdown)
      RenderOverviewMarkdown(*overview, out);
    else
      RenderOverviewText(*overview, options, out);
    return {};
  }
  const Result<StoreSummary> store = BuildStoreSummary(database);
  if (!store) return tl::unexpected(store.error());
  RowReader reader(database);
  const Result<IncidentReport> report = BuildIncidentReport(reader, ids.front());
  if (!report) return tl::unexpected(report.error());
  if (options.format == ReportFormat::kMarkdown)
    RenderIncidentMarkdown(*store, *report, options, out);
  else
    RenderIncidentText(*store, *report, options, out);
  return {};
}

}  // namespace

std::optional<ReportFormat> ParseReportFormat(std::string_view word) {
  if (word == "text") return ReportFormat::kText;
  if (word == "json") return ReportFormat::kJson;
  if (word == "html") return ReportFormat::kHtml;
  if (word == "markdown") return ReportFormat::kMarkdown;
  return std::nullopt;
}

Status PrintReport(Database& database, const ReportOptions& options, std::ostream& out) {
  ReportOptions checked = options;
  constexpr int kNarrowest = 40;
  constexpr int kWidest = 200;
  checked.width = std::clamp(checked.width, kNarrowest, kWidest);
  const Result<std::vector<int64_t>> ids = Select(database, options);
  if (!ids) return tl::unexpected(ids.error());
  if (options.redact) {
    if (Status redacted = database.Redact(); !redacted) return redacted;
  }
  if (options.format == ReportFormat::kJson) return PrintJson(database, *ids, checked, out);
  if (options.format == ReportFormat::kHtml) return PrintHtml(database, *ids, checked, out);
  return PrintText(database, *ids, checked, out);
}

}  // namespace kautopsy
