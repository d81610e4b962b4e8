#pragma once

#include "base/result.h"
#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/history.h"
#include "store/database.h"

namespace kautopsy {

// Writes conclusions into incident, finding, finding_evidence, incident_measure, zone_check,
// call_site and node_balance. What was concluded of the same incident before is replaced.
// `database` must outlive the writer.
class ResultWriter {
 public:
  static Result<ResultWriter> Open(Database& database);

  Status Write(const IncidentFacts& facts, const Diagnosis& diagnosis);
  // What other incidents tell about one; replaces what they told before.
  Status WriteRelation(const Relation& relation);

 private:
  ResultWriter(Database& database, std::vector<Statement> statements)
      : database_(&database), statements_(std::move(statements)) {}

  Status Clear(const IncidentFacts& facts);
  Status WriteIncident(const IncidentFacts& facts, const Diagnosis& diagnosis);
  Status WriteFinding(int64_t incident_id, const Finding& finding, int64_t rank);
  Status WriteZoneChecks(const EventFacts& event);
  Status WriteCallSite(const IncidentFacts& facts, const EventFacts& event);
  Status WriteBalance(const IncidentFacts& facts, const EventFacts& event);
  Status WriteMeasures(const IncidentFacts& facts);

  Database* database_;
  std::vector<Statement> statements_;
};

}  // namespace kautopsy
