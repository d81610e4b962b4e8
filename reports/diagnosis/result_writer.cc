#include "reports/diagnosis/result_writer.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/wording.h"
#include "store/run_statement.h"

namespace kautopsy {
namespace {

enum Sql : std::size_t {
  kUpdateIncident,
  kInsertFinding,
  kInsertEvidence,
  kInsertMeasure,
  kUpdateRelation,
  kSelectLastRank,
  kSelectConcluded,
  kDeleteEvidence,
  kDeleteFindings,
  kDeleteZoneChecks,
  kDeleteCallSites,
  kDeleteBalance,
  kDeleteMeasures,
  kDeleteHistoryEvidence,
  kDeleteHistory,
};

constexpr const char* kSql[] = {
    "UPDATE incident SET first_time = ?1, last_time = ?2, severity = ?3, primary_cause = ?4,"
    " confidence = ?5, headline = ?6, victims = ?7, boot_id = ?8, signature = ?9, missing = ?10,"
    " first_us = ?12, last_us = ?13, uptime_us = ?14, kills = ?15, occurrence = NULL, outdated = 0"
    " WHERE incident_id = ?11",
    "INSERT INTO finding (incident_id, event_id, rule, cause, role, rank, severity, confidence, "
    "title,"
    " brief, explanation, recommendation, confidence_why)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
    "INSERT INTO finding_evidence (finding_id, relation, row_key, source_id, line, \"column\", "
    "text)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "INSERT INTO incident_measure (incident_id, name, detail, value) VALUES (?1, ?2, ?3, ?4)",
    "UPDATE incident SET occurrence = ?2, same_as = ?3, gap_s = ?4 WHERE incident_id = ?1",
    "SELECT max(rank) FROM finding WHERE incident_id = ?1",
    "SELECT 1 FROM incident WHERE incident_id = ?1 AND severity IS NOT NULL",
    "DELETE FROM finding_evidence WHERE finding_id IN"
    " (SELECT finding_id FROM finding WHERE incident_id = ?1)",
    "DELETE FROM finding WHERE incident_id = ?1",
    "DELETE FROM zone_check WHERE event_id IN (SELECT event_id FROM event WHERE incident_id = ?1)",
    "DELETE FROM call_site WHERE event_id IN (SELECT event_id FROM event WHERE incident_id = ?1)",
    "DELETE FROM node_balance WHERE event_id IN (SELECT event_id FROM event WHERE incident_id ="
    " ?1)",
    "DELETE FROM incident_measure WHERE incident_id = ?1",
    "DELETE FROM finding_evidence WHERE finding_id IN (SELECT finding_id FROM finding"
    " WHERE incident_id = ?1 AND rule IN ('recurrence', 'continuation', 'trend'))",
    "DELETE FROM finding WHERE incident_id = ?1 AND rule IN ('recurrence', 'continuation', "
    "'trend')"};

// Binds the cells of one row in order and runs the statement. Texts are the store's own, so they
// are UTF-8 already.
class Row {
 public:
  explicit Row(Statement& statement) : statement_(statement) { statement_.Reset(); }
  Row& Add(const Integer& value) {
    statement_.Bind(next_++, value);
    return *this;
  }
  Row& Add(const Text& value) {
    statement_.Bind(next_++, value);
    return *this;
  }
  Row& AddText(std::string_view value) {
    statement_.Bind(next_++, value);
    return *this;
  }
  Status Run() {
    const Result<bool> done = statement_.Step();
    if (!done) return tl::unexpected(done.error());
    return {};
  }

 private:
  Statement& statement_;
  int next_ = 0;
};

Text EmptyIsNull(std::string_view text) { return text.empty() ? Text() : Text(text); }

std::string MissingText(const std::vector<Missing>& missing) {
  std::string text;
  for (const Missing& item : missing)
    text += fmt::format("{}{}: {}", text.empty() ? "" : "; ", item.what, item.find_out);
  return text;
}

constexpr char kBatchTable[] = "result_batch";

// As RowInserter has it, but the rows name their events.
std::string InsertSql(const RowBatch& batch) {
  std::string columns;
  std::string cells;
  for (std::size_t i = 0; i < batch.columns().size(); ++i) {
    columns += fmt::format("{}{}", i > 0 ? ", " : "", batch.columns()[i]);
    cells += fmt::format("{}c{}", i > 0 ? ", " : "", i);
  }
  return fmt::format("INSERT OR FAIL INTO {} ({}) SELECT {} FROM {}", batch.relation(), columns,
                     cells, kBatchTable);
}

// When the incident was, by the clock that its dated events share.
struct Span {
  Integer first_us, last_us, uptime_us;
};

Integer ClockOf(const EventFacts& event, bool with_year) {
  if (with_year) return event.time_us;
  const std::optional<PrintedTime> printed =
      event.local_time ? ParsePrintedTime(*event.local_time) : std::nullopt;
  return printed ? Integer(MicrosecondsOfYear(*printed)) : Integer();
}

Span SpanOf(const IncidentFacts& facts) {
  Span span;
  const bool with_year = std::any_of(facts.events.begin(), facts.events.end(),
                                     [](const EventFacts& event) { return event.time_us; });
  for (const EventFacts& event : facts.events) {
    if (!span.uptime_us) span.uptime_us = event.uptime_us;
    const Integer clock_us = ClockOf(event, with_year);
    if (!clock_us) continue;
    span.first_us = std::min(span.first_us.value_or(*clock_us), *clock_us);
    span.last_us = std::max(span.last_us.value_or(*clock_us), *clock_us);
  }
  return span;
}

}  // namespace

Result<ResultWriter> ResultWriter::Open(Database& database) {
  std::vector<Statement> statements;
  for (const char* const sql : kSql) {
    Result<Statement> statement = database.Prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    statements.push_back(std::move(*statement));
  }
  return ResultWriter(database, std::move(statements));
}

// A new incident has nothing to search for, event by event.
Status ResultWriter::Clear(const IncidentFacts& facts) {
  Statement& select = statements_[kSelectConcluded];
  Row(select).Add(Integer(facts.id));
  const Result<bool> concluded_before = select.Step();
  if (!concluded_before) return tl::unexpected(concluded_before.error());
  select.Reset();
  if (!*concluded_before) return {};
  for (std::size_t sql = kDeleteEvidence; sql <= kDeleteMeasures; ++sql) {
    Status done = Row(statements_[sql]).Add(Integer(facts.id)).Run();
    if (!done) return done;
  }
  return {};
}

Status ResultWriter::WriteIncident(const IncidentFacts& facts, const Diagnosis& diagnosis) {
  Text first;
  Text last;
  Integer boot_id;
  for (const EventFacts& event : facts.events) {
    if (event.time && (!first || *event.time < *first)) first = event.time;
    if (event.time && (!last || *event.time > *last)) last = event.time;
    if (!boot_id) boot_id = event.boot_id;
  }
  const Span span = SpanOf(facts);
  return Row(statements_[kUpdateIncident])
      .Add(first)
      .Add(last)
      .AddText(SeverityName(diagnosis.severity))
      .AddText(diagnosis.primary_cause)
      .AddText(ConfidenceName(diagnosis.confidence))
      .AddText(diagnosis.headline)
      .Add(EmptyIsNull(diagnosis.victims))
      .Add(boot_id)
      .Add(EmptyIsNull(diagnosis.signature))
      .Add(EmptyIsNull(MissingText(diagnosis.missing)))
      .Add(Integer(facts.id))
      .Add(span.first_us)
      .Add(span.last_us)
      .Add(span.uptime_us)
      .Add(Integer(diagnosis.kills))
      .Run();
}

Status ResultWriter::WriteFinding(int64_t incident_id, const Finding& finding, int64_t rank) {
  Status done = Row(statements_[kInsertFinding])
                    .Add(Integer(incident_id))
                    .Add(finding.event_id > 0 ? Integer(finding.event_id) : Integer())
                    .AddText(finding.rule)
                    .Add(finding.cause)
                    .AddText(RoleName(finding.role))
                    .Add(Integer(rank))
                    .AddText(SeverityName(finding.severity))
                    .AddText(ConfidenceName(finding.confidence))
                    .AddText(finding.title)
                    .Add(EmptyIsNull(finding.brief))
                    .AddText(finding.explanation)
                    .Add(EmptyIsNull(RecommendationText(finding)))
                    .Add(EmptyIsNull(finding.confidence_why))
                    .Run();
  if (!done) return done;
  const int64_t finding_id = database_->LastInsertId();
  for (const Evidence& evidence : finding.evidence) {
    const bool quoted = evidence.line > 0;
    Status stored = Row(statements_[kInsertEvidence])
                        .Add(Integer(finding_id))
                        .AddText(evidence.relation)
                        .AddText(evidence.row_key)
                        .Add(evidence.source_id > 0 ? Integer(evidence.source_id) : Integer())
                        .Add(quoted ? Integer(evidence.line) : Integer())
                        .Add(quoted ? Integer(evidence.column) : Integer())
                        .Add(quoted ? Text(evidence.text) : Text())
                        .Run();
    if (!stored) return stored;
  }
  return {};
}

// One statement for the rows of all events: one for each row took almost twice as long.
Status ResultWriter::WriteRows(const RowBatch& batch) {
  if (!batch_table_) {
    Result<BatchTable> created = BatchTable::Create(*database_, kBatchTable);
    if (!created) return tl::unexpected(created.error());
    batch_table_ = *created;
  }
  Statement& insert = inserts_[batch.relation()];
  if (!insert.handle()) {
    Result<Statement> prepared = database_->Prepare(InsertSql(batch));
    if (!prepared) return tl::unexpected(prepared.error());
    insert = std::move(*prepared);
  }
  batch_table_->Show(batch);
  return Run(insert);
}

Status ResultWriter::WriteMeasures(const IncidentFacts& facts) {
  for (const Measure& measure : MeasuresOf(facts)) {
    Status done = Row(statements_[kInsertMeasure])
                      .Add(Integer(facts.id))
                      .AddText(measure.name)
                      .AddText(measure.detail)
                      .Add(Integer(measure.value))
                      .Run();
    if (!done) return done;
  }
  return {};
}

Status ResultWriter::WriteRelation(const Relation& relation) {
  for (const Sql sql : {kDeleteHistoryEvidence, kDeleteHistory}) {
    Status done = Row(statements_[sql]).Add(Integer(relation.incident_id)).Run();
    if (!done) return done;
  }
  Statement& last_rank = statements_[kSelectLastRank];
  Row(last_rank).Add(Integer(relation.incident_id));
  const Result<bool> row = last_rank.Step();
  if (!row) return tl::unexpected(row.error());
  int64_t rank = last_rank.GetInteger(0).value_or(0);
  last_rank.Reset();
  Status done = Row(statements_[kUpdateRelation])
                    .Add(Integer(relation.incident_id))
                    .Add(Integer(relation.occurrence))
                    .Add(relation.same_as)
                    .Add(relation.gap_s)
                    .Run();
  for (const Finding& finding : relation.findings) {
    if (done) done = WriteFinding(relation.incident_id, finding, ++rank);
  }
  return done;
}

Status ResultWriter::Write(const IncidentFacts& facts, const Diagnosis& diagnosis,
                           const ResultRows& rows) {
  Status done = Clear(facts);
  if (done) done = WriteIncident(facts, diagnosis);
  int64_t rank = 0;
  for (const Finding& finding : diagnosis.findings) {
    if (done) done = WriteFinding(facts.id, finding, ++rank);
  }
  if (done) done = WriteRows(rows.zone_checks);
  if (done) done = WriteRows(rows.call_sites);
  if (done) done = WriteRows(rows.balances);
  return done ? WriteMeasures(facts) : done;
}

}  // namespace kautopsy
