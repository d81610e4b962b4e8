#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

struct ImportRequest {
  std::vector<std::string> paths;  // files, folders, "-"
  std::optional<int> year;         // of times printed without one
  std::string store;     // path of the database, to leave it out; empty for a temporary one
  bool progress = true;  // on a terminal
};

// What became of the inputs of one run. Events and lines are counted in all sources that were read,
// those already known included.
struct ImportTotals {
  uint64_t files = 0;     // inputs there were
  uint64_t stored = 0;    // read and stored
  uint64_t known = 0;     // read, but the same content had been stored before
  uint64_t problems = 0;  // told on stderr: not read, or not to the end
  uint64_t bytes = 0;
  uint64_t new_events = 0;
  uint64_t known_events = 0;
  LineLedger ledger;
  double seconds = 0;  // of reading, and of concluding what it means
};

// Reads every input into `database`, one transaction each, and tells problems on stderr as they
// come. A problem with one input does not stop the others; a store that cannot be written does.
ImportTotals ImportAll(const ImportRequest& request, Database& database);

// Concludes what the new events mean, with a line of progress, and adds the time to `totals`.
Status ConcludeImport(const ImportRequest& request, Database& database, ImportTotals& totals);

}  // namespace kautopsy
