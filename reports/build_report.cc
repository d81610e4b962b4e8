#include <fmt/core.h>

#include <algorithm>

#include "reports/builder.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/facts_reader.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/watermark.h"

namespace kautopsy {
namespace {

// Days from the first dated event to the last.
std::string WhenWords(const IncidentFacts& facts) {
  const EventFacts* first = nullptr;
  const EventFacts* last = nullptr;
  for (const EventFacts& event : facts.events) {
    if (!event.dated()) continue;
    if (!first) first = &event;
    last = &event;
  }
  if (!first) return "undated";
  const std::string from = DayText(*first);
  const std::string to = DayText(*last);
  return from == to ? from : from + " to " + to;
}

// A case file may hold records of several kernels.
void AddRelease(const EventFacts& event, IncidentReport& report) {
  const Text& release = event.kernel_release;
  std::vector<std::string>& others = report.other_releases;
  if (!release || !report.kernel_release || *release == *report.kernel_release) return;
  if (std::find(others.begin(), others.end(), *release) == others.end()) others.push_back(*release);
}

void FillHead(const IncidentFacts& facts, const Diagnosis& diagnosis, IncidentReport& report) {
  report.line.id = facts.id;
  report.line.host = facts.host;
  report.line.when = WhenWords(facts);
  report.line.severity = SeverityName(diagnosis.severity);
  report.line.primary_cause = diagnosis.primary_cause;
  report.line.confidence = ConfidenceName(diagnosis.confidence);
  report.line.headline = diagnosis.headline;
  report.line.victims = diagnosis.victims;
  report.line.signature = diagnosis.signature;
  report.ram_kb = facts.ram_kb;
  report.kernel_release = facts.kernel_release;
  for (const EventFacts& event : facts.events) {
    if (event.time && (!report.line.first_time || *event.time < *report.line.first_time))
      report.line.first_time = event.time;
    if (event.time && (!report.line.last_time || *event.time > *report.line.last_time))
      report.line.last_time = event.time;
    // Below zero: an area is being turned off, and what is left of it is no size of swap.
    const bool known = event.mem && event.mem->free_swap_kb.value_or(0) >= 0;
    if (!report.swap_kb && known) report.swap_kb = event.mem->total_swap_kb;
    AddRelease(event, report);
    if (report.nodes.empty() && event.dated()) report.nodes = NodesOf(event.zones);
  }
}

void FillEvents(const IncidentFacts& facts, IncidentReport& report) {
  for (const EventFacts& event : facts.events) {
    EventLine line;
    line.id = event.id;
    line.kind = event.kind;
    line.title = event.title;
    line.moment = MomentText(event);
    line.time = event.time;
    line.local_time = event.local_time;
    line.host = event.host;
    line.damage = event.damage;
    line.time_quality = event.time_quality;
    line.complete = event.complete;
    line.source_id = event.source_id;
    line.line = event.first_line;
    line.column = event.first_column;
    report.events.push_back(std::move(line));
  }
}

std::string ConfidenceNote(const Diagnosis& diagnosis) {
  const auto sums = std::count_if(diagnosis.checks.begin(), diagnosis.checks.end(),
                                  [](const SelfCheck& check) { return !check.note; });
  const auto agree = std::count_if(diagnosis.checks.begin(), diagnosis.checks.end(),
                                   [](const SelfCheck& check) { return !check.note && check.ok; });
  if (sums == 0) return "";
  return fmt::format("{} of {} sums that the text gives twice agree", agree, sums);
}

// What other incidents tell about this one was concluded from the store, so it is read there.
Status ReadHistory(RowReader& reader, int64_t incident_id, Diagnosis& diagnosis) {
  constexpr const char* kSql =
      "SELECT rule, cause, title, explanation, confidence, brief FROM finding WHERE incident_id = "
      "?1"
      " AND rule IN ('recurrence', 'continuation', 'trend') ORDER BY rank";
  return reader.ForEach(kSql, incident_id, [&](const Statement& row) {
    Finding finding;
    finding.rule = row.GetText(0).value_or("");
    finding.cause = row.GetText(1);
    finding.title = row.GetText(2).value_or("");
    finding.brief = row.GetText(5).value_or("");
    finding.explanation = row.GetText(3).value_or("");
    finding.confidence = row.GetText(4) == ConfidenceName(Confidence::kHigh) ? Confidence::kHigh
                                                                             : Confidence::kMedium;
    diagnosis.findings.push_back(std::move(finding));
  });
}

// Other hosts with the same kind of incident.
Status ReadElsewhere(RowReader& reader, IncidentReport& report) {
  constexpr const char* kSql =
      "SELECT other.host, count(*) FROM incident AS own JOIN incident AS other USING (signature)"
      " WHERE own.incident_id = ?1 AND other.host <> own.host GROUP BY other.host"
      " ORDER BY count(*) DESC, other.host";
  return reader.ForEach(kSql, report.line.id, [&](const Statement& row) {
    report.elsewhere.push_back({row.GetText(0).value_or("?"), row.GetInteger(1).value_or(0)});
  });
}

Status QuoteReferences(RowReader& reader, IncidentReport& report) {
  Status done = QuoteEvidence(reader, report.findings);
  for (Reference& reference : report.references) {
    if (!done) return done;
    Finding holder;
    holder.evidence = std::move(reference.quotes);
    std::vector<Finding> findings = {std::move(holder)};
    done = QuoteEvidence(reader, findings);
    reference.quotes = std::move(findings.front().evidence);
  }
  return done;
}

}  // namespace

Result<IncidentReport> BuildIncidentReport(RowReader& reader, int64_t incident_id) {
  Result<IncidentFacts> facts = ReadIncidentFacts(reader, incident_id);
  if (!facts) return tl::unexpected(facts.error());
  RunAgain(*facts);
  Diagnosis diagnosis = Diagnose(*facts);
  Status read = ReadHistory(reader, incident_id, diagnosis);
  if (!read) return tl::unexpected(read.error());
  const std::vector<Snapshot> snapshots = CollectSnapshots(*facts);
  const BuildInput input{*facts, diagnosis, snapshots};
  IncidentReport report;
  FillHead(*facts, diagnosis, report);
  read = ReadElsewhere(reader, report);
  if (!read) return tl::unexpected(read.error());
  report.findings = diagnosis.findings;
  report.checks = diagnosis.checks;
  report.unknowns = diagnosis.missing;
  report.confidence_note = ConfidenceNote(diagnosis);
  ReferenceList references(report.references);
  BuildDoNow(input, references, report);
  BuildDeaths(input, references, report);
  BuildReruns(input, references, report);
  BuildMemory(input, references, report);
  BuildHolders(input, references, report);
  BuildRefusals(input, references, report);
  BuildTimeline(input, references, report);
  BuildForGood(input, references, report);
  BuildVerdict(input, report);
  BuildNotes(input, report);
  FillEvents(*facts, report);
  const Status quoted = QuoteReferences(reader, report);
  if (!quoted) return tl::unexpected(quoted.error());
  return report;
}

}  // namespace kautopsy
