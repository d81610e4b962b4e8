#include "reports/diagnosis/incidents.h"

#include <algorithm>
#include <utility>

#include "reports/diagnosis/event_groups.h"
#include "reports/diagnosis/incident_merger.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

// Of a group, events that have an incident come first, those of the oldest one before others.
constexpr char kSelectGrouped[] =
    "SELECT first_event, from_event, to_event, incident_id FROM temp.grouped"
    " ORDER BY first_event, incident_id IS NULL, incident_id, rowid";
constexpr char kSelectOutdated[] = "SELECT incident_id FROM incident WHERE outdated = 1";
constexpr char kInsertIncident[] = "INSERT INTO incident (host) VALUES (NULL)";
constexpr char kAssign[] = "UPDATE event SET incident_id = ?1 WHERE event_id BETWEEN ?2 AND ?3";
// The host that most of its events name.
constexpr char kSetHost[] =
    "UPDATE incident SET host = (SELECT host FROM event WHERE incident_id = ?1 AND host IS NOT NULL"
    " GROUP BY host ORDER BY count(*) DESC, host LIMIT 1) WHERE incident_id = ?1";

class IncidentWriter {
 public:
  IncidentWriter(Database& database, IncidentMerger& merger)
      : database_(database), merger_(merger) {}

  // Those whose events were told better since they were concluded have changed, too.
  Status AddOutdated() {
    return ForEachRow(database_, kSelectOutdated, [&](const Statement& row) {
      changed_.push_back(row.GetInteger(0).value_or(0));
      hosts_wanted_.push_back(changed_.back());
      return Status();
    });
  }

  // Gives each group of `grouped` that has a fresh event its incident.
  Status WriteAll() {
    for (const auto& [sql, statement] :
         {std::pair(kInsertIncident, &insert_), std::pair(kAssign, &assign_)}) {
      Result<Statement> prepared = database_.Prepare(sql);
      if (!prepared) return tl::unexpected(prepared.error());
      *statement = std::move(*prepared);
    }
    Integer group;
    Status done = ForEachRow(database_, kSelectGrouped, [&](const Statement& row) -> Status {
      if (row.GetInteger(0) != group) incident_.reset();
      group = row.GetInteger(0);
      if (const Integer known = row.GetInteger(3)) return Join(*known);
      return Assign(row.GetInteger(1), row.GetInteger(2));
    });
    return done ? SetHosts() : done;
  }

  // The incidents that are new or have grown, in rising order.
  std::vector<int64_t> TakeChanged() {
    std::erase_if(changed_,
                  [&](int64_t incident) { return merger_.Resolve(incident) != incident; });
    std::sort(changed_.begin(), changed_.end());
    changed_.erase(std::unique(changed_.begin(), changed_.end()), changed_.end());
    return std::move(changed_);
  }

 private:
  // An incident that is in the group at hand.
  Status Join(int64_t known) {
    known = merger_.Resolve(known);
    if (!incident_) incident_ = known;
    const Result<bool> merged = merger_.Merge(*incident_, known);
    if (merged && *merged) changed_.push_back(*incident_);
    return merged ? Status() : tl::unexpected(merged.error());
  }

  Status Assign(const Integer& from_event, const Integer& to_event) {
    if (!incident_) {
      if (Status done = Run(insert_); !done) return done;
      incident_ = database_.LastInsertId();
      hosts_wanted_.push_back(*incident_);
    }
    if (changed_.empty() || changed_.back() != *incident_) changed_.push_back(*incident_);
    return Run(assign_, incident_, from_event, to_event);
  }

  Status SetHosts() {
    Result<Statement> set_host = database_.Prepare(kSetHost);
    if (!set_host) return tl::unexpected(set_host.error());
    Status done;
    for (const int64_t incident : hosts_wanted_) {
      if (done) done = Run(*set_host, incident);
    }
    return done;
  }

  Database& database_;
  IncidentMerger& merger_;
  Statement insert_;
  Statement assign_;
  Integer incident_;                   // of the group at hand
  std::vector<int64_t> hosts_wanted_;  // incidents
  std::vector<int64_t> changed_;
};

}  // namespace

Result<std::vector<int64_t>> GroupEvents(Database& database) {
  Result<IncidentMerger> merger = IncidentMerger::Create(database);
  if (!merger) return tl::unexpected(merger.error());
  IncidentWriter writer(database, *merger);
  const Status done = SortIntoGroups(database)
                          .and_then([&] { return writer.AddOutdated(); })
                          .and_then([&] { return writer.WriteAll(); })
                          .and_then([&] { return merger->Finish(); })
                          .and_then([&] { return ForgetGroups(database); });
  if (!done) return tl::unexpected(done.error());
  return writer.TakeChanged();
}

}  // namespace kautopsy
