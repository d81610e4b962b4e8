#pragma once

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/history.h"
#include "reports/diagnosis/result_rows.h"
#include "store/batch_table.h"
#include "store/database.h"

namespace kautopsy {

// Writes conclusions into incident, finding, finding_evidence, incident_measure, zone_check,
// call_site and node_balance. What was concluded of the same incident before is replaced.
// `database` must outlive the writer. Only one of its writers may Write.
class ResultWriter {
 public:
  static Result<ResultWriter> Open(Database& database);

  Status Write(const IncidentFacts& facts, const Diagnosis& diagnosis, const ResultRows& rows);
  // What other incidents tell about one; replaces what they told before.
  Status WriteRelation(const Relation& relation);

 private:
  ResultWriter(Database& database, std::vector<Statement> statements)
      : database_(&database), statements_(std::move(statements)) {}

  Status Clear(const IncidentFacts& facts);
  Status WriteIncident(const IncidentFacts& facts, const Diagnosis& diagnosis);
  Status WriteFinding(int64_t incident_id, const Finding& finding, int64_t rank);
  Status WriteRows(const RowBatch& batch);
  Status WriteMeasures(const IncidentFacts& facts);

  Database* database_;
  std::vector<Statement> statements_;
  std::optional<BatchTable> batch_table_;          // made when first needed
  std::map<std::string_view, Statement> inserts_;  // of rows, by relation
};

}  // namespace kautopsy
