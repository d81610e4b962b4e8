#include "reports/diagnosis/incident_merger.h"

#include "reports/diagnosis/incidents.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

constexpr char kCount[] = "SELECT count(*) FROM event WHERE incident_id IN (?1, ?2)";
constexpr char kMove[] = "UPDATE event SET incident_id = ?1 WHERE incident_id = ?2";
constexpr char kCreate[] =
    "DROP TABLE IF EXISTS temp.gone_incident;"
    "CREATE TEMP TABLE gone_incident (incident_id INTEGER PRIMARY KEY)";
constexpr char kInsert[] = "INSERT OR IGNORE INTO temp.gone_incident VALUES (?1)";
// What is stored by event, the next conclusion of its incident replaces.
constexpr char kRemove[] =
    "DELETE FROM finding_evidence WHERE finding_id IN (SELECT finding_id FROM finding WHERE "
    "incident_id IN (SELECT incident_id FROM temp.gone_incident));"
    "DELETE FROM finding WHERE incident_id IN (SELECT incident_id FROM temp.gone_incident);"
    "DELETE FROM incident_measure WHERE incident_id IN (SELECT incident_id FROM "
    "temp.gone_incident);"
    "UPDATE incident SET same_as = NULL, occurrence = NULL WHERE same_as IN "
    "(SELECT incident_id FROM temp.gone_incident);"
    "DELETE FROM incident WHERE incident_id IN (SELECT incident_id FROM temp.gone_incident);"
    "DROP TABLE temp.gone_incident";

}  // namespace

Result<IncidentMerger> IncidentMerger::Create(Database& database) {
  IncidentMerger merger(database);
  const std::pair<const char*, Statement*> statements[] = {{kCount, &merger.count_},
                                                           {kMove, &merger.move_}};
  if (Status ready = PrepareAll(database, statements); !ready) return tl::unexpected(ready.error());
  return merger;
}

Result<bool> IncidentMerger::Merge(int64_t kept, int64_t other) {
  if (kept == other) return false;
  count_.Bind(0, kept);
  count_.Bind(1, other);
  const Result<bool> row = count_.Step();
  const int64_t events = row && *row ? count_.GetInteger(0).value_or(0) : 0;
  count_.Reset();
  if (!row) return tl::unexpected(row.error());
  if (events > static_cast<int64_t>(kMaxEventsPerIncident)) return false;
  if (Status moved = Run(move_, kept, other); !moved) return tl::unexpected(moved.error());
  kept_.emplace(other, kept);
  return true;
}

int64_t IncidentMerger::Resolve(int64_t incident_id) const {
  for (auto found = kept_.find(incident_id); found != kept_.end(); found = kept_.find(incident_id))
    incident_id = found->second;
  return incident_id;
}

Status IncidentMerger::Finish() {
  if (kept_.empty()) return {};
  if (Status created = database_.Execute(kCreate); !created) return created;
  Result<Statement> insert = database_.Prepare(kInsert);
  if (!insert) return tl::unexpected(insert.error());
  for (const auto& [gone, kept] : kept_) {
    if (Status done = Run(*insert, gone); !done) return done;
  }
  return database_.Execute(kRemove);
}

}  // namespace kautopsy
