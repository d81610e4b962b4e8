#include "reports/trends.h"

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

namespace kautopsy {
namespace {

constexpr int64_t kUsPerMs = 1000;

constexpr const char* kHostOf = "SELECT host FROM incident WHERE incident_id = ?1";
// The gap of recipe @recurrence, but to any incident before of the host.
constexpr const char* kIncidentsOfHost =
    "SELECT incident_id, first_time, first_us, primary_cause,"
    " (first_us - lag(first_us) OVER (ORDER BY first_us, incident_id)) / 1000000, gap_s"
    " FROM incident WHERE host = (SELECT host FROM incident WHERE incident_id = ?1)"
    " AND first_time IS NOT NULL AND first_us IS NOT NULL ORDER BY first_us, incident_id";

RecurrencePoint ToPoint(const Statement& row) {
  RecurrencePoint point;
  point.incident = row.GetInteger(0).value_or(0);
  point.first_time = row.GetText(1).value_or("");
  point.first_us = row.GetInteger(2).value_or(0);
  point.cause = row.GetText(3).value_or("unknown");
  point.after_s = row.GetInteger(4);
  point.after_same_s = row.GetInteger(5);
  return point;
}

Result<HostRecurrence> ReadHost(RowReader& reader, const std::string& host, int64_t incident) {
  HostRecurrence history{.host = host, .incidents = 0, .points = {}};
  const Status read = reader.ForEach(kIncidentsOfHost, incident, [&](const Statement& row) {
    history.points.push_back(ToPoint(row));
  });
  if (!read) return tl::unexpected(read.error());
  history.incidents = static_cast<int64_t>(history.points.size());
  if (history.points.size() > kMostTrendPoints)
    history.points.erase(history.points.begin(),
                         history.points.end() - static_cast<std::ptrdiff_t>(kMostTrendPoints));
  return history;
}

constexpr const char* kBootOf =
    "SELECT boot.boot_id, boot.host, boot.first_time, (SELECT path FROM boot_source AS own"
    " JOIN source USING (source_id) WHERE own.boot_id = boot.boot_id LIMIT 1) FROM incident JOIN "
    "boot USING (boot_id)"
    " WHERE incident_id = ?1";
constexpr const char* kReportsOfBoot =
    "SELECT e.event_id, coalesce(e.time, e.local_time), e.uptime_us, e.time_us,"
    " max(b.size_kb) FILTER (WHERE b.item = 'slab_unreclaimable'),"
    " max(b.size_kb) FILTER (WHERE b.item = 'pagetables'),"
    " max(b.size_kb) FILTER (WHERE b.item = 'anon'),"
    " max(b.size_kb) FILTER (WHERE b.item = 'shmem')"
    " FROM event AS e CROSS JOIN memory_balance AS b ON b.event_id = e.event_id"
    " WHERE e.boot_id = ?1 AND b.node IS NULL GROUP BY e.event_id"
    " ORDER BY e.uptime_us, e.time_us, e.source_id, e.first_line, e.first_column";

struct ClockedMoment {
  BootMoment moment;
  Integer uptime_us, time_us;
};

ClockedMoment ToMoment(const Statement& row) {
  ClockedMoment clocked;
  BootMoment& moment = clocked.moment;
  moment.event = row.GetInteger(0).value_or(0);
  moment.moment = row.GetText(1).value_or("undated");
  clocked.uptime_us = row.GetInteger(2);
  clocked.time_us = row.GetInteger(3);
  int column = 4;
  for (Integer* const size :
       {&moment.slab_unreclaimable_kb, &moment.pagetables_kb, &moment.anon_kb, &moment.shmem_kb})
    *size = Size(row, column++);
  return clocked;
}

// By the uptime where every report tells it, else by their times: two clocks do not mix.
void FillTimes(std::vector<ClockedMoment>& moments, BootTrend& trend) {
  trend.since_boot = std::all_of(moments.begin(), moments.end(), [](const ClockedMoment& each) {
    return each.uptime_us.has_value();
  });
  Integer first;
  for (ClockedMoment& each : moments) {
    if (trend.since_boot) {
      each.moment.since_ms = *each.uptime_us / kUsPerMs;
    } else if (each.time_us) {
      first = std::min(first.value_or(*each.time_us), *each.time_us);
    }
  }
  if (trend.since_boot || !first) return;
  for (ClockedMoment& each : moments)
    if (each.time_us) each.moment.since_ms = (*each.time_us - *first) / kUsPerMs;
  std::stable_sort(moments.begin(), moments.end(), [](const auto& one, const auto& other) {
    return one.moment.since_ms < other.moment.since_ms;
  });
}

Status ReadReports(RowReader& reader, BootTrend& trend) {
  std::vector<ClockedMoment> moments;
  Status read = reader.ForEach(kReportsOfBoot, trend.boot,
                               [&](const Statement& row) { moments.push_back(ToMoment(row)); });
  if (!read) return read;
  FillTimes(moments, trend);
  trend.reports = static_cast<int64_t>(moments.size());
  const std::size_t step = moments.size() / kMostTrendPoints + 1;
  for (std::size_t i = 0; i < moments.size(); ++i)
    if (i % step == 0 || i + 1 == moments.size()) trend.moments.push_back(moments[i].moment);
  return {};
}

}  // namespace

Result<Recurrence> ReadRecurrence(RowReader& reader, const std::vector<int64_t>& incidents) {
  Recurrence recurrence;
  std::set<std::string> seen;
  for (const int64_t incident : incidents) {
    Text host;
    const Status read =
        reader.ForEach(kHostOf, incident, [&](const Statement& row) { host = row.GetText(0); });
    if (!read) return tl::unexpected(read.error());
    recurrence.unnamed = recurrence.unnamed || !host;
    if (!host || !seen.insert(*host).second) continue;
    Result<HostRecurrence> history = ReadHost(reader, *host, incident);
    if (!history) return tl::unexpected(history.error());
    if (history->incidents >= kFewestForTrend) {
      recurrence.hosts.push_back(std::move(*history));
      continue;
    }
    ++recurrence.too_few;
    recurrence.most_of_these = std::max(recurrence.most_of_these, history->incidents);
  }
  std::stable_sort(recurrence.hosts.begin(), recurrence.hosts.end(),
                   [](const HostRecurrence& one, const HostRecurrence& other) {
                     return one.incidents > other.incidents;
                   });
  if (recurrence.hosts.size() > kMostTrendHosts) recurrence.hosts.resize(kMostTrendHosts);
  return recurrence;
}

Result<std::vector<BootTrend>> ReadBootTrends(RowReader& reader,
                                              const std::vector<int64_t>& incidents) {
  std::vector<BootTrend> trends;
  for (const int64_t incident : incidents) {
    BootTrend trend;
    Status read = reader.ForEach(kBootOf, incident, [&](const Statement& row) {
      trend.boot = row.GetInteger(0).value_or(0);
      trend.host = row.GetText(1);
      trend.first_time = row.GetText(2);
      trend.source = row.GetText(3).value_or("?");
    });
    if (!read) return tl::unexpected(read.error());
    const bool known =
        trend.boot == 0 || std::any_of(trends.begin(), trends.end(), [&](const BootTrend& other) {
          return other.boot == trend.boot;
        });
    if (known) continue;
    read = ReadReports(reader, trend);
    if (!read) return tl::unexpected(read.error());
    if (trend.reports > 0) trends.push_back(std::move(trend));
  }
  std::sort(trends.begin(), trends.end(), [](const BootTrend& one, const BootTrend& other) {
    return std::tie(one.host, one.first_time, one.boot) <
           std::tie(other.host, other.first_time, other.boot);
  });
  return trends;
}

}  // namespace kautopsy
