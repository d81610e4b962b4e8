#include "reports/diagnosis/diagnose.h"

#include <future>
#include <utility>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/facts_reader.h"
#include "reports/diagnosis/incident_relations.h"
#include "reports/diagnosis/incidents.h"
#include "reports/diagnosis/result_writer.h"
#include "reports/diagnosis/watermark.h"

namespace kautopsy {
namespace {

struct Conclusion {
  IncidentFacts facts;
  Diagnosis diagnosis;
  ResultRows rows;
};

Conclusion Conclude(IncidentFacts facts) {
  RunAgain(facts);
  Diagnosis diagnosis = Diagnose(facts);
  ResultRows rows = ResultRowsOf(facts);
  return {std::move(facts), std::move(diagnosis), std::move(rows)};
}

Status Store(RowReader& reader, ResultWriter& writer, Conclusion conclusion) {
  Status done = QuoteEvidence(reader, conclusion.diagnosis.findings);
  return done ? writer.Write(conclusion.facts, conclusion.diagnosis, conclusion.rows) : done;
}

// While one incident is concluded on a thread, the one before is stored and the facts of the next
// are read.
Status ConcludeAll(Database& database, const OnIncident& on_incident) {
  if (on_incident) on_incident(0, 0);
  const Result<std::vector<int64_t>> changed = GroupEvents(database);
  if (!changed) return tl::unexpected(changed.error());
  if (changed->empty()) return {};
  RowReader reader(database);
  Result<ResultWriter> writer = ResultWriter::Open(database);
  if (!writer) return tl::unexpected(writer.error());
  std::future<Conclusion> running;
  std::size_t done = 0;
  for (const int64_t incident_id : *changed) {
    Result<IncidentFacts> facts = ReadIncidentFacts(reader, incident_id);
    if (!facts) return tl::unexpected(facts.error());
    std::future<Conclusion> before = std::move(running);
    if (before.valid()) before.wait();
    running = std::async(std::launch::async, Conclude, std::move(*facts));
    if (before.valid()) {
      Status stored = Store(reader, *writer, before.get());
      if (!stored) return stored;
    }
    if (on_incident) on_incident(done++, changed->size());
  }
  Status stored = Store(reader, *writer, running.get());
  return stored ? RelateIncidentsOfHosts(database) : stored;
}

}  // namespace

Status UpdateIncidents(Database& database, const OnIncident& on_incident) {
  Status done = database.Execute("BEGIN IMMEDIATE");
  if (!done) return done;
  done = ConcludeAll(database, on_incident);
  if (done) done = database.Execute("COMMIT");
  if (!done) {
    // The first error is the one to report; rolling back an aborted transaction may fail too.
    const Status rolled_back = database.Execute("ROLLBACK");
    static_cast<void>(rolled_back);
  }
  return done;
}

}  // namespace kautopsy
