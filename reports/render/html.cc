#include "reports/render/html.h"

#include <fmt/core.h>

#include "reports/format.h"
#include "reports/html_licences.h"
#include "reports/html_scripts.h"
#include "reports/html_styles.h"
#include "reports/render/html_sections.h"
#include "reports/render/text.h"

namespace kautopsy {
namespace {

std::string Policy() {
  std::string styles;
  std::string scripts;
  for (const HashedText& style : kHtmlStyles) styles += fmt::format(" '{}'", style.hash);
  for (const HashedText& script : kHtmlScripts) scripts += fmt::format(" '{}'", script.hash);
  return fmt::format(
      "default-src 'none'; style-src{}; script-src{}; img-src data:; base-uri 'none'; form-action "
      "'none'",
      styles, scripts);
}

std::string Headline(const HtmlReport& report) {
  if (report.incidents.empty()) return NoIncidentWords(report.overview);
  if (report.incidents.size() == 1 && report.left_out == 0)
    return report.incidents.front().report.line.headline;
  return OverviewSentence(report.overview);
}

void WriteHead(const HtmlReport& report, std::ostream& out) {
  out << "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      << "<meta http-equiv=\"Content-Security-Policy\" content=\"" << Policy() << "\">\n"
      << "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      << "<meta name=\"color-scheme\" content=\"light dark\">\n"
      << "<meta name=\"referrer\" content=\"no-referrer\">\n"
      << "<title>" << Html(Headline(report)) << " - kautopsy</title>\n"
      << "<link rel=\"icon\" href=\"data:,\">\n";
  for (const EmbeddedText& licence : kHtmlLicences) out << "<!--\n" << licence.text << "-->\n";
  for (const HashedText& style : kHtmlStyles) out << "<style>" << style.text << "</style>\n";
  out << "</head>\n";
}

std::string StoreText(const StoreSummary& store) {
  int64_t lines = 0;
  for (const SourceLedger& source : store.sources) lines += source.lines;
  std::string name = Counted(static_cast<int64_t>(store.sources.size()), "file");
  if (store.sources.size() == 1) {
    const std::string& path = store.sources.front().path;
    name = path == "-" ? "standard input" : path.substr(path.rfind('/') + 1);
  }
  std::string text =
      fmt::format("{}: {}, {}", name, Counted(lines, "line"), Counted(store.records, "record"));
  if (store.incomplete > 0) text += fmt::format(", {} incomplete", Thousands(store.incomplete));
  return text;
}

void WriteBanner(const HtmlReport& report, bool single, std::ostream& out) {
  out << "<body>\n<a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n"
      << "<p class=\"source\"><strong>kautopsy</strong> " << Html(StoreText(report.overview.store))
      << "</p>\n";
  if (single)
    out << "<p class=\"machine\">" << Html(MachineText(report.incidents.front().report))
        << "</p>\n";
  out << "<div id=\"tools\" role=\"group\" aria-label=\"Page\" hidden></div>\n</header>\n";
}

struct NavItem {
  std::string_view id, name;
  bool there;
};

void WriteNav(const std::vector<NavItem>& items, const HtmlWriter& writer, std::ostream& out) {
  out << "<nav aria-label=\"Sections\"><ul>\n";
  for (const NavItem& item : items) {
    if (!item.there) continue;
    out << fmt::format("<li><a href=\"#{}\">{}</a></li>\n", writer.Id(item.id), item.name);
  }
  out << "</ul></nav>\n";
}

// `single`: the page is about this incident alone, so what spans incidents stands among its
// sections.
void WriteIncidentNav(const IncidentPage& page, bool single, const HtmlWriter& writer,
                      std::ostream& out) {
  const IncidentReport& report = page.report;
  WriteNav({{"do", "Do", !report.do_now.empty()},
            {"died", "Died", !report.deaths.empty()},
            {"why", "Why", !report.why.empty()},
            {"free-lists", "Free lists", !report.free_lists.empty()},
            {"memory", "Memory", !report.memory.empty()},
            {"tasks", "Tasks", !report.holders.empty() || !page.tables.empty()},
            {"failed", "Failed", !report.refusals.empty()},
            {"time", "Time", !report.timeline.rows.empty()},
            {"recurrence", "Comes back?", single},
            {"boots", "Leaks?", single},
            {"for-good", "For good", !report.for_good.empty()},
            {"unknown", "Unknown", !report.unknowns.empty()},
            {"evidence", "Evidence", !report.references.empty() || !report.findings.empty()},
            {"data", "Data", true},
            {"queries", "SQL", single}},
           writer, out);
}

void WriteIncidentSections(const HtmlReport& report, const IncidentPage& page, bool single,
                           HtmlWriter& writer) {
  WriteActionsHtml(page.report, writer);
  WriteDeathsHtml(page.report, writer);
  WriteRerunsHtml(page.report, writer);
  WriteFreeListsHtml(page.report, writer);
  WriteMemoryHtml(page.report, writer);
  WriteTasksHtml(page, writer);
  WriteRefusalsHtml(page.report, writer);
  WriteTimelineHtml(page.report, writer);
  if (single) {
    WriteRecurrenceHtml(report, writer);
    WriteBootTrendsHtml(report, writer);
  }
  WriteForGoodHtml(page.report, writer);
  WriteUnknownsHtml(page.report, writer);
  WriteEvidenceHtml(page.report, report.overview.store, writer);
  WriteDataHtml(page.report, writer);
}

void WriteSingle(const HtmlReport& report, std::ostream& out) {
  const IncidentPage& page = report.incidents.front();
  HtmlWriter writer(out, 2, "");
  WriteVerdictHtml(page.report, writer);
  WriteIncidentNav(page, true, writer, out);
  WriteIncidentSections(report, page, true, writer);
}

void WriteSeveral(const HtmlReport& report, std::ostream& out) {
  HtmlWriter overview(out, 2, "");
  WriteNav(
      {{"worst", "Incidents", true},
       {"hosts", "Hosts", report.overview.hosts_in_all > 1 || !report.overview.by_period.empty()},
       {"recurrence", "Comes back?", true},
       {"boots", "Leaks?", true},
       {"causes", "Causes", true},
       {"shared", "Shared", !report.overview.shared.empty()},
       {"sources", "Sources", true},
       {"queries", "SQL", true}},
      overview, out);
  WriteOverviewHtml(report, overview);
  for (const IncidentPage& page : report.incidents) {
    const int64_t id = page.report.line.id;
    HtmlWriter writer(out, 3, fmt::format("i{}-", id));
    out << fmt::format(
        "<article id=\"incident-{0}\" aria-labelledby=\"incident-{0}-title\">\n"
        "<h2 id=\"incident-{0}-title\">Incident {0}: {1}</h2>\n<p class=\"machine\">{2}</p>\n",
        id, Html(page.report.line.headline), Html(MachineText(page.report)));
    WriteVerdictHtml(page.report, writer);
    WriteIncidentNav(page, false, writer, out);
    WriteIncidentSections(report, page, false, writer);
    out << "</article>\n";
  }
}

}  // namespace

void RenderHtml(const HtmlReport& report, std::ostream& out) {
  const bool single = report.incidents.size() == 1 && report.left_out == 0;
  WriteHead(report, out);
  WriteBanner(report, single, out);
  out << "<main id=\"main\" tabindex=\"-1\">\n<h1>" << Html(Headline(report)) << "</h1>\n";
  if (single)
    WriteSingle(report, out);
  else if (!report.incidents.empty())
    WriteSeveral(report, out);
  HtmlWriter writer(out, 2, "");
  WriteSourcesHtml(report.overview.store, writer);
  WriteQueriesHtml(writer);
  out << "</main>\n<p id=\"live\" role=\"status\" aria-live=\"polite\"></p>\n"
      << "<footer><p>Made by kautopsy " << KAUTOPSY_VERSION
      << ". The page loads nothing and sends nothing; its data is in it as JSON.</p></footer>\n"
      << "<script type=\"application/json\" id=\"report-data\">" << report.json << "</script>\n";
  for (const HashedText& script : kHtmlScripts) out << "<script>" << script.text << "</script>\n";
  out << "</body>\n</html>\n";
}

}  // namespace kautopsy
