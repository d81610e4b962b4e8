#include <fmt/core.h>

#include <algorithm>

#include "reports/format.h"
#include "reports/render/html_sections.h"

namespace kautopsy {
namespace {

// "2026-10-01 03:15:00Z"; what is not such a time stays as it is.
std::string TimeWords(const std::string& time) {
  constexpr std::size_t kDay = 10;    // bytes of YYYY-MM-DD
  constexpr std::size_t kWhole = 19;  // and of the time behind it, to the second
  if (time.size() < kWhole || time[kDay] != 'T') return time;
  return time.substr(0, kDay) + " " + time.substr(kDay + 1, kWhole - kDay - 1) + "Z";
}

HtmlCell SpanCell(const Integer& seconds, std::string_view none) {
  if (!seconds) return {Html(none), {}, true};
  return {Html(SpanText(*seconds)), seconds, true};
}

HtmlCell SinceCell(const Integer& milliseconds) {
  constexpr int64_t kMsPerS = 1000;
  constexpr int64_t kShort = 60 * kMsPerS;  // reports of a storm follow each other within seconds
  if (!milliseconds) return {std::string(kNotInLog), {}, true};
  if (*milliseconds >= kShort) return {Html(SpanText(*milliseconds / kMsPerS)), milliseconds, true};
  const double seconds = static_cast<double>(*milliseconds) / static_cast<double>(kMsPerS);
  return {fmt::format("{:.2f} s", seconds), milliseconds, true};
}

// The incident's number, and a link to it where the page holds it.
HtmlCell IncidentLink(const HtmlReport& report, int64_t id) {
  const bool article =
      report.incidents.size() > 1 &&
      std::any_of(report.incidents.begin(), report.incidents.end(),
                  [&](const IncidentPage& page) { return page.report.line.id == id; });
  if (!article) return {fmt::format("{}", id), id, true};
  return {fmt::format("<a href=\"#incident-{0}\">{0}</a>", id), id, true};
}

std::string HostSummary(const HostRecurrence& host) {
  Integer shortest;
  Integer longest;
  for (const RecurrencePoint& point : host.points) {
    if (!point.after_s) continue;
    shortest = std::min(shortest.value_or(*point.after_s), *point.after_s);
    longest = std::max(longest.value_or(*point.after_s), *point.after_s);
  }
  if (!shortest) return "";
  std::string text =
      fmt::format("{}: {} incidents, from {} to {} apart", host.host, Thousands(host.incidents),
                  SpanText(*shortest), SpanText(*longest));
  if (host.points.back().after_s)
    text += fmt::format(", the last after {}", SpanText(*host.points.back().after_s));
  return text;
}

std::string RecurrenceSummary(const Recurrence& recurrence) {
  std::string text;
  for (const HostRecurrence& host : recurrence.hosts)
    text += (text.empty() ? "" : "; ") + HostSummary(host);
  return text;
}

// Why there is no dot for some incidents, or none at all.
void WriteTooFew(const Recurrence& recurrence, HtmlWriter& writer) {
  const std::string most = Counted(recurrence.most_of_these, "dated incident");
  const std::string needed =
      fmt::format("{} are needed to show whether they come back.", kFewestForTrend);
  const std::string other = recurrence.hosts.empty() ? "" : "other ";
  if (recurrence.too_few == 1)
    writer.Paragraph(fmt::format("The store has {} of one {}host; {}", most, other, needed));
  if (recurrence.too_few > 1)
    writer.Paragraph(fmt::format("The store has at most {} of each of {} {}hosts; {}", most,
                                 Thousands(recurrence.too_few), other, needed));
  if (recurrence.unnamed)
    writer.Paragraph(
        "Incidents whose log names no host are left out: nothing tells whether they are of one "
        "machine.");
}

void WriteRecurrenceTable(const HtmlReport& report, HtmlWriter& writer) {
  const std::string id = writer.Id("recurrence-table");
  writer.Chart("recurrence", id, RecurrenceSummary(report.recurrence));
  writer.OpenTable({.id = id,
                    .caption = "Incidents of each host, oldest first, whatever their cause",
                    .columns = {{"began"},
                                {"host"},
                                {"incident", true},
                                {"cause"},
                                {"since the one before", true},
                                {"since the one before of its kind", true}},
                    .sortable = true,
                    .attributes = ""});
  constexpr int64_t kUsPerMs = 1000;
  for (const HostRecurrence& host : report.recurrence.hosts) {
    for (const RecurrencePoint& point : host.points) {
      writer.Row({TextCell(TimeWords(point.first_time)), TextCell(host.host),
                  IncidentLink(report, point.incident), TextCell(point.cause),
                  SpanCell(point.after_s, "first"), SpanCell(point.after_same_s, "first")},
                 fmt::format(" data-at=\"{}\"", point.first_us / kUsPerMs));
    }
  }
  writer.CloseTable();
  for (const HostRecurrence& host : report.recurrence.hosts) {
    const auto shown = static_cast<int64_t>(host.points.size());
    if (shown < host.incidents)
      writer.Paragraph(fmt::format("Of {} the newest {} of {} incidents are shown.", host.host,
                                   Thousands(shown), Thousands(host.incidents)));
  }
}

// What a report says of memory that can leak.
struct LeakColumn {
  std::string_view name;
  Integer BootMoment::*size;
};
constexpr LeakColumn kLeakColumns[] = {{"unreclaimable slab", &BootMoment::slab_unreclaimable_kb},
                                       {"page tables", &BootMoment::pagetables_kb},
                                       {"anon", &BootMoment::anon_kb},
                                       {"shmem", &BootMoment::shmem_kb}};

// "unreclaimable slab from 0.1 GiB to 7.9 GiB, never falling"; empty with fewer than two figures.
std::string ChangeText(const BootTrend& trend, const LeakColumn& column) {
  Integer first;
  Integer last;
  bool fell = false;
  int64_t figures = 0;
  for (const BootMoment& moment : trend.moments) {
    const Integer& size = moment.*column.size;
    if (!size) continue;
    if (!first) first = size;
    fell = fell || (last && *size < *last);
    last = size;
    ++figures;
  }
  if (figures < 2) return "";
  if (*first == *last && !fell)
    return fmt::format("{} unchanged at {}", column.name, SizeText(*last));
  return fmt::format("{} from {} to {}{}", column.name, SizeText(*first), SizeText(*last),
                     fell ? "" : ", never falling");
}

std::string BootName(const BootTrend& trend) {
  std::string name = "Boot of " + trend.host.value_or("");
  if (!trend.host)
    name = "Boot in " + (trend.source == "-" ? "standard input"
                                             : trend.source.substr(trend.source.rfind('/') + 1));
  if (trend.first_time) name += ", first line " + TimeWords(*trend.first_time);
  return name;
}

std::string BootSummary(const BootTrend& trend) {
  std::string text = Counted(trend.reports, "memory report");
  std::string changes;
  for (const LeakColumn& column : kLeakColumns) {
    const std::string change = ChangeText(trend, column);
    if (!change.empty()) changes += "; " + change;
  }
  return text + changes;
}

bool CanBeDrawn(const BootTrend& trend) {
  const auto timed =
      std::count_if(trend.moments.begin(), trend.moments.end(),
                    [](const BootMoment& each) { return each.since_ms.has_value(); });
  return timed >= kFewestForTrend;
}

void WriteBoot(const BootTrend& trend, HtmlWriter& writer) {
  const std::string id = writer.Id(fmt::format("boot-{}", trend.boot));
  writer.Subheading(BootName(trend));
  writer.Paragraph(BootSummary(trend) + ".");
  if (CanBeDrawn(trend))
    writer.Chart("boot", id, BootName(trend) + ": " + BootSummary(trend));
  else
    writer.Paragraph("Too few of them tell their time, so there is no picture.");
  HtmlTableHead head{.id = id,
                     .caption = "Memory that only grows where something leaks",
                     .columns = {{"moment"}},
                     .sortable = true,
                     .attributes = ""};
  head.columns.push_back({trend.since_boot ? "after boot" : "after the first report", true});
  for (const LeakColumn& column : kLeakColumns) head.columns.push_back({column.name, true});
  writer.OpenTable(head);
  for (const BootMoment& moment : trend.moments) {
    std::vector<HtmlCell> cells = {TextCell(TimeWords(moment.moment)), SinceCell(moment.since_ms)};
    for (const LeakColumn& column : kLeakColumns) cells.push_back(SizeCell(moment.*column.size));
    writer.Row(cells);
  }
  writer.CloseTable();
  const auto shown = static_cast<int64_t>(trend.moments.size());
  if (shown < trend.reports)
    writer.Paragraph(fmt::format("{} of {} reports are shown, evenly spread.", Thousands(shown),
                                 Thousands(trend.reports)));
}

}  // namespace

void WriteRecurrenceHtml(const HtmlReport& report, HtmlWriter& writer) {
  writer.OpenSection("recurrence", "Does it come back?");
  if (!report.recurrence.hosts.empty()) {
    writer.Paragraph(RecurrenceSummary(report.recurrence) + ".");
    WriteRecurrenceTable(report, writer);
  }
  WriteTooFew(report.recurrence, writer);
  writer.CloseSection();
}

void WriteBootTrendsHtml(const HtmlReport& report, HtmlWriter& writer) {
  writer.OpenSection("boots", "Does something leak?");
  if (report.boots.empty())
    writer.Paragraph(
        "No memory report of a known boot, so nothing shows what grows from one to the next.");
  int64_t too_few = 0;
  for (const BootTrend& trend : report.boots) {
    if (trend.reports >= kFewestForTrend)
      WriteBoot(trend, writer);
    else
      ++too_few;
  }
  if (too_few == 1)
    writer.Paragraph(
        fmt::format("The store has fewer than {} memory reports of one boot: too few "
                    "to show what grows.",
                    kFewestForTrend));
  if (too_few > 1)
    writer.Paragraph(
        fmt::format("Of {} boots the store has fewer than {} memory reports each: too "
                    "few to show what grows.",
                    Thousands(too_few), kFewestForTrend));
  writer.CloseSection();
}

}  // namespace kautopsy
