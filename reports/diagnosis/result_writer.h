#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/history.h"
#include "store/database.h"

namespace kautopsy {

// What is stored of one event besides its zone checks. Worked out apart from writing, as another
// thread has the time.
struct EventResults {
  struct Balance {
    Integer node;  // none: the machine
    int64_t total_kb = 0;
    std::string items;  // as node_balance.items has them
  };
  std::optional<CallPath> path;  // that tells what the memory was for
  bool piece = false;            // several pages in a row were asked for
  std::vector<Balance> balances;
};

EventResults ResultsOf(const IncidentFacts& facts, const EventFacts& event);

// Writes conclusions into incident, finding, finding_evidence, incident_measure, zone_check,
// call_site and node_balance. What was concluded of the same incident before is replaced.
// `database` must outlive the writer.
class ResultWriter {
 public:
  static Result<ResultWriter> Open(Database& database);

  // `results` has one entry per event of `facts`.
  Status Write(const IncidentFacts& facts, const Diagnosis& diagnosis,
               const std::vector<EventResults>& results);
  // What other incidents tell about one; replaces what they told before.
  Status WriteRelation(const Relation& relation);

 private:
  ResultWriter(Database& database, std::vector<Statement> statements)
      : database_(&database), statements_(std::move(statements)) {}

  Status Clear(const IncidentFacts& facts);
  Status WriteIncident(const IncidentFacts& facts, const Diagnosis& diagnosis);
  Status WriteFinding(int64_t incident_id, const Finding& finding, int64_t rank);
  Status WriteZoneChecks(const EventFacts& event);
  Status WriteCallSite(int64_t event_id, const CallPath& path, bool piece);
  Status WriteBalances(int64_t event_id, const std::vector<EventResults::Balance>& balances);
  Status WriteMeasures(const IncidentFacts& facts);

  Database* database_;
  std::vector<Statement> statements_;
};

}  // namespace kautopsy
