#include "reports/diagnosis/diagnose.h"

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/facts_reader.h"
#include "reports/diagnosis/incidents.h"
#include "reports/diagnosis/result_writer.h"
#include "reports/diagnosis/watermark.h"

namespace kautopsy {
namespace {

Status Conclude(Database& database) {
  const Result<std::vector<int64_t>> changed = GroupEvents(database);
  if (!changed) return tl::unexpected(changed.error());
  if (changed->empty()) return {};
  RowReader reader(database);
  Result<ResultWriter> writer = ResultWriter::Open(database);
  if (!writer) return tl::unexpected(writer.error());
  for (const int64_t incident_id : *changed) {
    Result<IncidentFacts> facts = ReadIncidentFacts(reader, incident_id);
    if (!facts) return tl::unexpected(facts.error());
    RunAgain(*facts);
    Diagnosis diagnosis = Diagnose(*facts);
    Status done = QuoteEvidence(reader, diagnosis.findings);
    if (done) done = writer->Write(*facts, diagnosis);
    if (!done) return done;
  }
  return {};
}

}  // namespace

Status UpdateIncidents(Database& database) {
  Status done = database.Execute("BEGIN IMMEDIATE");
  if (!done) return done;
  done = Conclude(database);
  if (done) done = database.Execute("COMMIT");
  if (!done) {
    // The first error is the one to report; rolling back an aborted transaction may fail too.
    const Status rolled_back = database.Execute("ROLLBACK");
    static_cast<void>(rolled_back);
  }
  return done;
}

}  // namespace kautopsy
