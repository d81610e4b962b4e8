#include "reports/report.h"

#include <fmt/core.h>

#include <algorithm>
#include <ostream>

#include "reports/builder.h"
#include "reports/render/json.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

Status CheckIncident(const Overview& overview, int64_t incident) {
  const bool known = std::any_of(overview.incidents.begin(), overview.incidents.end(),
                                 [&](const IncidentLine& line) { return line.id == incident; });
  if (known) return {};
  if (overview.incidents.empty())
    return Fail(fmt::format("incident {}: the store has no incidents", incident));
  std::vector<int64_t> ids;
  for (const IncidentLine& line : overview.incidents) ids.push_back(line.id);
  std::sort(ids.begin(), ids.end());
  constexpr std::size_t kMostNamed = 20;
  std::string names;
  for (std::size_t i = 0; i < ids.size() && i < kMostNamed; ++i)
    names += fmt::format("{}{}", i == 0 ? "" : ", ", ids[i]);
  if (ids.size() > kMostNamed) names += fmt::format(" ... {}", ids.back());
  return Fail(fmt::format("incident {}: there is none; the store has {}", incident, names));
}

// Writes the incidents one after the other, so that a store of any size fits into memory.
Status PrintJson(Database& database, const Overview& overview, const ReportOptions& options,
                 std::ostream& out) {
  std::string head = OverviewJson(overview).dump(2);
  head.resize(head.rfind('\n'));  // the object stays open
  out << head << ",\n  \"incidents\": [";
  RowReader reader(database);
  std::vector<int64_t> ids;
  for (const IncidentLine& line : overview.incidents) {
    if (!options.incident || line.id == *options.incident) ids.push_back(line.id);
  }
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

Status PrintText(Database& database, const Overview& overview, const ReportOptions& options,
                 std::ostream& out) {
  std::optional<int64_t> incident = options.incident;
  if (!incident && overview.incidents.size() == 1) incident = overview.incidents.front().id;
  if (!incident) {
    RenderOverviewText(overview, options, out);
    return {};
  }
  RowReader reader(database);
  const Result<IncidentReport> report = BuildIncidentReport(reader, *incident);
  if (!report) return tl::unexpected(report.error());
  RenderIncidentText(overview, *report, options, out);
  return {};
}

}  // namespace

std::optional<ReportFormat> ParseReportFormat(std::string_view word) {
  if (word == "text") return ReportFormat::kText;
  if (word == "json") return ReportFormat::kJson;
  return std::nullopt;
}

Status PrintReport(Database& database, const ReportOptions& options, std::ostream& out) {
  ReportOptions checked = options;
  constexpr int kNarrowest = 40;
  constexpr int kWidest = 200;
  checked.width = std::clamp(checked.width, kNarrowest, kWidest);
  const Result<Overview> overview = BuildOverview(database);
  if (!overview) return tl::unexpected(overview.error());
  if (options.incident) {
    Status known = CheckIncident(*overview, *options.incident);
    if (!known) return known;
  }
  if (options.format == ReportFormat::kJson) return PrintJson(database, *overview, checked, out);
  return PrintText(database, *overview, checked, out);
}

}  // namespace kautopsy
