#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "reports/diagnosis/row_reader.h"
#include "reports/diagnosis/snapshots.h"
#include "reports/incident_filter.h"
#include "reports/model.h"
#include "store/database.h"

namespace kautopsy {

// What the section builders share. Points into the caller's facts and diagnosis.
struct BuildInput {
  const IncidentFacts& facts;
  const Diagnosis& diagnosis;
  const std::vector<Snapshot>& snapshots;
};

// Gives each group of quotes its number, in the order of first use.
class ReferenceList {
 public:
  explicit ReferenceList(std::vector<Reference>& references) : references_(references) {}
  // The number of the group `key`; its quotes are those of the first call.
  int Number(const std::string& key, std::vector<Evidence> quotes);

 private:
  std::vector<Reference>& references_;
  std::vector<std::string> keys_;
};

// The memory report that the primary cause rests on, else the first with zones; null without one.
const EventFacts* FocusEvent(const BuildInput& input);

// Each fills its sections of `report` and leaves out what the facts do not hold.
void BuildVerdict(const BuildInput& input, IncidentReport& report);
void BuildDoNow(const BuildInput& input, ReferenceList& references, IncidentReport& report);
void BuildDeaths(const BuildInput& input, ReferenceList& references, IncidentReport& report);
void BuildReruns(const BuildInput& input, ReferenceList& references, IncidentReport& report);
void BuildMemory(const BuildInput& input, ReferenceList& references, IncidentReport& report);
void BuildHolders(const BuildInput& input, ReferenceList& references, IncidentReport& report);
void BuildRefusals(const BuildInput& input, ReferenceList& references, IncidentReport& report);
void BuildTimeline(const BuildInput& input, ReferenceList& references, IncidentReport& report);
void BuildForGood(const BuildInput& input, ReferenceList& references, IncidentReport& report);
void BuildNotes(const BuildInput& input, IncidentReport& report);

// References to lines that several sections quote.
int KillReference(ReferenceList& references, const EventFacts& event, const KillFacts& kill);
int ZoneReference(ReferenceList& references, const EventFacts& event);
int ListReference(ReferenceList& references, const EventFacts& event);
int CounterReference(ReferenceList& references, const EventFacts& event);
int HeaderReference(ReferenceList& references, const EventFacts& event);
int SnapshotReference(ReferenceList& references, const Snapshot& snapshot);

// The whole report of one incident, its quotes looked up.
Result<IncidentReport> BuildIncidentReport(RowReader& reader, int64_t incident_id);

Result<StoreSummary> BuildStoreSummary(Database& database);
// The incidents of the filter, summed up; of single ones the `most` worst, or all.
Result<Overview> BuildOverview(Database& database, const IncidentFilter& filter,
                               const Integer& most);
// The incidents of the filter, worst first; with `last` only the newest one.
Result<std::vector<int64_t>> FindIncidents(Database& database, const IncidentFilter& filter,
                                           bool last);

}  // namespace kautopsy
