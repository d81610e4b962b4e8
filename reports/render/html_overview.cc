#include <fmt/core.h>

#include <algorithm>

#include "reports/format.h"
#include "reports/render/html_sections.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

// A number that the page's own link leads to, where the incident is on the page.
HtmlCell IncidentCell(const HtmlReport& report, int64_t id) {
  const bool here =
      std::any_of(report.incidents.begin(), report.incidents.end(),
                  [&](const IncidentPage& page) { return page.report.line.id == id; });
  if (!here) return {fmt::format("{}", id), id, true};
  return {fmt::format("<a href=\"#incident-{0}\">{0}</a>", id), id, true};
}

// Orders by weight, whatever the word.
HtmlCell SeverityCell(const std::string& severity) {
  constexpr std::string_view kWords[] = {"info", "minor", "major", "critical"};
  const auto* const found = std::find(std::begin(kWords), std::end(kWords), severity);
  HtmlCell cell = TextCell(severity);
  cell.value = found - std::begin(kWords);
  return cell;
}

void WriteIncidents(const HtmlReport& report, HtmlWriter& writer) {
  writer.OpenSection("worst", "Incidents, worst first");
  writer.OpenTable({.id = "incidents",
                    .caption = "Incidents",
                    .columns = {{"number", true},
                                {"severity"},
                                {"cause"},
                                {"when"},
                                {"host"},
                                {"confidence"},
                                {"what happened"}},
                    .sortable = true,
                    .attributes = " data-search=\"1\""});
  for (const IncidentLine& line : report.overview.worst)
    writer.Row({IncidentCell(report, line.id), SeverityCell(line.severity),
                TextCell(line.primary_cause), TextCell(line.when),
                TextCell(line.host.value_or("not in the text")), TextCell(line.confidence),
                TextCell(line.headline)});
  writer.CloseTable();
  if (report.left_out > 0)
    writer.Paragraph(
        fmt::format("The page holds {} of {} incidents, the worst; {} are left out. "
                    "{} --incident N --format html makes a page of any other.",
                    Thousands(static_cast<int64_t>(report.incidents.size())),
                    Thousands(static_cast<int64_t>(report.incidents.size()) + report.left_out),
                    Thousands(report.left_out), report.overview.command));
  writer.CloseSection();
}

void WriteHosts(const Overview& overview, HtmlWriter& writer) {
  if (overview.hosts.empty() || (overview.hosts_in_all < 2 && overview.by_period.empty())) return;
  writer.OpenSection("hosts", "Hosts");
  HtmlTableHead head{.id = "hosts-table",
                     .caption = "Incidents of each host, and in equal parts of the whole time",
                     .columns = {{"host"}, {"incidents", true}, {"gap between"}, {"usual cause"}},
                     .sortable = true,
                     .attributes = ""};
  std::vector<std::string> names;
  for (std::size_t i = 0; i < overview.by_period.size(); ++i)
    names.push_back(fmt::format("part {}", i + 1));
  for (std::size_t i = 0; i < names.size(); ++i)
    head.columns.push_back({names[i], true, static_cast<int64_t>(i + 1)});
  if (!names.empty() && overview.from && overview.to)
    writer.Chart("periods", "hosts-table",
                 fmt::format("Incidents from {} to {}, in {} equal parts", *overview.from,
                             *overview.to, names.size()));
  writer.OpenTable(head);
  for (const HostLine& line : overview.hosts) {
    std::vector<HtmlCell> cells = {TextCell(line.host.value_or("not in the text")),
                                   NumberCell(line.incidents),
                                   TextCell(line.rhythm.empty() ? "too few to say" : line.rhythm),
                                   TextCell(fmt::format("{} {}", line.cause, line.of_cause))};
    for (std::size_t i = 0; i < names.size(); ++i)
      cells.push_back(NumberCell(i < line.by_period.size() ? line.by_period[i] : 0));
    writer.Row(cells);
  }
  writer.CloseTable();
  const int64_t more = overview.hosts_in_all - static_cast<int64_t>(overview.hosts.size());
  if (more > 0) writer.Paragraph(Thousands(more) + " more hosts are not listed here.");
  writer.CloseSection();
}

void WriteCounts(const Overview& overview, HtmlWriter& writer) {
  writer.OpenSection("causes", "Causes and victims");
  writer.OpenTable({.id = "causes-table",
                    .caption = "Primary causes",
                    .columns = {{"cause"}, {"incidents", true}},
                    .sortable = true,
                    .attributes = ""});
  for (const CountLine& line : overview.causes)
    writer.Row({TextCell(line.name), NumberCell(line.count)});
  writer.CloseTable();
  if (!overview.victims.empty()) {
    writer.OpenTable({.id = "victims-table",
                      .caption = "What was killed",
                      .columns = {{"name"}, {"kills", true}, {"biggest", true}},
                      .sortable = true,
                      .attributes = ""});
    for (const CountLine& line : overview.victims)
      writer.Row({TextCell(line.name), NumberCell(line.count), SizeCell(line.biggest_kb)});
    writer.CloseTable();
  }
  writer.CloseSection();
}

void WriteShared(const Overview& overview, HtmlWriter& writer) {
  if (overview.shared.empty()) return;
  writer.OpenSection("shared", "Same signature on several hosts");
  writer.OpenTable({.id = "shared-table",
                    .caption = "Kinds of incident that several hosts have",
                    .columns = {{"signature"}, {"hosts, and incidents of each"}},
                    .sortable = false,
                    .attributes = ""});
  for (const SharedSignature& shared : overview.shared) {
    std::string hosts;
    for (const CountLine& host : shared.hosts)
      hosts +=
          fmt::format("{}{} ({})", hosts.empty() ? "" : ", ", host.name, Thousands(host.count));
    writer.Row({TextCell(shared.signature), TextCell(hosts)});
  }
  writer.CloseTable();
  writer.CloseSection();
}

}  // namespace

void WriteSourcesHtml(const StoreSummary& store, HtmlWriter& writer) {
  constexpr std::size_t kMostListed = 200;
  writer.OpenSection("sources", "What was read");
  writer.OpenTable({.id = "sources-table",
                    .caption = "Where the lines of every source went",
                    .columns = {{"source"},
                                {"lines", true},
                                {"in records", true},
                                {"noise", true},
                                {"of the kernel, not understood", true},
                                {"not of the kernel", true},
                                {"damaged", true},
                                {"damage"}},
                    .sortable = true,
                    .attributes = ""});
  for (std::size_t i = 0; i < store.sources.size() && i < kMostListed; ++i) {
    const SourceLedger& source = store.sources[i];
    writer.Row({TextCell(source.path == "-" ? "standard input" : source.path),
                NumberCell(source.lines), NumberCell(source.claimed), NumberCell(source.noise),
                NumberCell(source.unclaimed_kernel), NumberCell(source.not_kernel),
                NumberCell(source.damaged), TextCell(source.damage.value_or("none"))});
  }
  writer.CloseTable();
  if (store.sources.size() > kMostListed)
    writer.Paragraph(
        fmt::format("{} more sources are not listed here.",
                    Thousands(static_cast<int64_t>(store.sources.size() - kMostListed))));
  writer.CloseSection();
}

void WriteOverviewHtml(const HtmlReport& report, HtmlWriter& writer) {
  WriteIncidents(report, writer);
  WriteHosts(report.overview, writer);
  WriteRecurrenceHtml(report, writer);
  WriteBootTrendsHtml(report, writer);
  WriteCounts(report.overview, writer);
  WriteShared(report.overview, writer);
}

}  // namespace kautopsy
