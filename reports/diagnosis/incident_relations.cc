#include "reports/diagnosis/incident_relations.h"

#include <fmt/core.h>

#include <string>
#include <utility>
#include <vector>

#include "reports/diagnosis/history.h"
#include "reports/diagnosis/result_writer.h"
#include "reports/diagnosis/row_reader.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

// There may be more hosts than fit into memory.
constexpr char kFindHosts[] =
    "CREATE TEMP TABLE IF NOT EXISTS changed_host (host_id INTEGER PRIMARY KEY, host TEXT);"
    "DELETE FROM temp.changed_host;"
    "INSERT INTO temp.changed_host (host) SELECT DISTINCT host FROM incident"
    " WHERE occurrence IS NULL AND host IS NOT NULL AND first_us IS NOT NULL;";
constexpr char kHosts[] = "SELECT host_id FROM temp.changed_host WHERE host_id > ?1 LIMIT 1000";
// Readings with and without a year are different clocks and never mix.
constexpr char kIncidents[] =
    "SELECT incident_id, first_us, last_us, boot_id, uptime_us, primary_cause, signature,"
    " first_time IS NULL FROM incident JOIN temp.changed_host USING (host)"
    " WHERE host_id = ?1 AND first_us IS NOT NULL"
    " ORDER BY first_time IS NULL, first_us, incident_id";
constexpr char kMeasures[] =
    "SELECT incident_id, name, detail, value FROM incident_measure JOIN incident USING "
    "(incident_id)"
    " JOIN temp.changed_host USING (host) WHERE host_id = ?1";

PastIncident ToIncident(const Statement& row) {
  PastIncident incident;
  incident.id = row.GetInteger(0).value_or(0);
  incident.from_us = row.GetInteger(1).value_or(0);
  incident.to_us = row.GetInteger(2).value_or(incident.from_us);
  incident.boot_id = row.GetInteger(3);
  incident.uptime_us = row.GetInteger(4);
  incident.cause = row.GetText(5).value_or("");
  incident.signature = row.GetText(6).value_or("");
  return incident;
}

// The incidents of one host, one list for each of the two clocks.
Result<std::vector<std::vector<PastIncident>>> ReadIncidents(RowReader& reader, int64_t host_id) {
  std::map<int64_t, std::map<std::string, int64_t, std::less<>>> measures;
  std::vector<std::vector<PastIncident>> lists(2);
  Status read = reader.ForEach(kIncidents, host_id, [&](const Statement& row) {
    lists[row.GetInteger(7) == 1 ? 1 : 0].push_back(ToIncident(row));
  });
  if (read && lists[0].size() + lists[1].size() > 1) {
    read = reader.ForEach(kMeasures, host_id, [&](const Statement& row) {
      const std::string detail = row.GetText(2).value_or("");
      const std::string name = row.GetText(1).value_or("") + (detail.empty() ? "" : " " + detail);
      measures[row.GetInteger(0).value_or(0)][name] = row.GetInteger(3).value_or(0);
    });
  }
  if (!read) return tl::unexpected(read.error());
  for (std::vector<PastIncident>& list : lists) {
    for (PastIncident& incident : list) incident.measures = std::move(measures[incident.id]);
  }
  return lists;
}

Status RelateHost(RowReader& reader, ResultWriter& writer, int64_t host_id) {
  const Result<std::vector<std::vector<PastIncident>>> lists = ReadIncidents(reader, host_id);
  if (!lists) return tl::unexpected(lists.error());
  for (const std::vector<PastIncident>& incidents : *lists) {
    for (const Relation& relation : RelateIncidents(incidents)) {
      if (Status done = writer.WriteRelation(relation); !done) return done;
    }
  }
  return {};
}

// The next hosts behind `last_host`.
Result<std::vector<int64_t>> NextHosts(RowReader& reader, int64_t last_host) {
  std::vector<int64_t> hosts;
  const Status read = reader.ForEach(kHosts, last_host, [&](const Statement& row) {
    hosts.push_back(row.GetInteger(0).value_or(0));
  });
  if (!read) return tl::unexpected(read.error());
  return hosts;
}

}  // namespace

Status RelateIncidentsOfHosts(Database& database) {
  if (Status done = database.Execute(kFindHosts); !done) return done;
  RowReader reader(database);
  Result<ResultWriter> writer = ResultWriter::Open(database);
  if (!writer) return tl::unexpected(writer.error());
  Result<std::vector<int64_t>> hosts = NextHosts(reader, 0);
  for (; hosts && !hosts->empty(); hosts = NextHosts(reader, hosts->back())) {
    for (const int64_t host : *hosts) {
      if (Status done = RelateHost(reader, *writer, host); !done) return done;
    }
  }
  return hosts ? database.Execute("DELETE FROM temp.changed_host") : tl::unexpected(hosts.error());
}

}  // namespace kautopsy
