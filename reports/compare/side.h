#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "reports/compare/side_name.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/row_reader.h"
#include "reports/diagnosis/snapshots.h"
#include "store/database.h"

namespace kautopsy {

// Where a side lies in its store. Found before names are redacted, as users write them unredacted.
struct SidePick {
  SideName name;
  int64_t incident_id = 0;
  std::vector<int64_t> event_ids;  // of a place: the records there; empty for a whole incident
  int64_t source_id = 0;           // of a place
  int64_t line = 0, column = 0;    // where the first of event_ids begins in that source
  std::string chosen;              // how the incident was chosen, if the user did not name it
};

// An incident by its number; the record at a place of a source; the newest incident of a file, or,
// where `name.file` is no source of the store and `whole_store` is set, of all that was read.
// Errors say what there is instead.
Result<SidePick> FindSide(Database& database, const SideName& name, bool whole_store);

// What a side tells. Movable; the pointers are into `facts` and `snapshots`.
struct Side {
  SidePick pick;
  IncidentFacts facts;
  std::vector<Snapshot> snapshots;
  std::vector<const EventFacts*> events;  // the incident's, or those of the place
  const Snapshot* state = nullptr;        // memory at one moment; null if the side tells none
  const EventFacts* record = nullptr;     // of the state, else the first record; never null
  const EventFacts* table = nullptr;      // has a process table
  std::string path;                       // of the record's source

  Side() = default;
  Side(Side&&) = default;
  Side& operator=(Side&&) = default;
  Side(const Side&) = delete;
  Side& operator=(const Side&) = delete;

  bool whole_incident() const { return pick.event_ids.empty(); }
  const EventFacts* lists() const { return state ? state->lists : nullptr; }
  // Has rows in memory_balance, or may have; null without a state.
  const EventFacts* balance() const;
};

// An error if several records stand at the place and the column does not tell which is meant.
Result<Side> LoadSide(RowReader& reader, const SidePick& pick);

}  // namespace kautopsy
