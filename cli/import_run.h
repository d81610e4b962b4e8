#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cli/import_job.h"
#include "store/database.h"

namespace kautopsy {

struct ImportRequest {
  std::vector<std::string> paths;  // files, folders, patterns, "-"
  std::optional<int> year;         // of times printed without one
  std::optional<TimeZone> zone;    // likewise
  bool sha256 = false;             // compute it of each log
  std::string store;          // path of the database, to leave it out; empty for a temporary one
  bool progress = true;       // on a terminal
  unsigned jobs = 1;          // inputs that are read at once
  int64_t last_event_id = 0;  // that the store has before
  uint64_t max_expand_bytes = 0;  // that an input may unpack to; 0: by its size
};

// Paths, of which the first few are named.
struct CountedPaths {
  uint64_t count = 0;
  std::vector<std::string> first;

  void Add(const std::string& path);
};

struct ImportTotals : ImportCounts {
  uint64_t inputs = 0;                      // files there were
  std::map<std::string, uint64_t> skipped;  // what was no log, by the reason
  CountedPaths unread;                      // what should have been read
  CountedPaths damaged;                     // logs that were not read to the end
  bool store_failed = false;                // what was read last may not be stored
  double seconds = 0;                       // of reading, and of concluding what it means
};

// Reads every input into `database`, one transaction for each source, and tells problems on stderr.
// What is stored does not depend on the number of jobs. A problem with one input does not stop the
// others; a store that cannot be written does.
ImportTotals ImportAll(const ImportRequest& request, Database& database);

// Concludes what the new events mean, with a line of progress, and adds the time to `totals`.
Status ConcludeImport(const ImportRequest& request, Database& database, ImportTotals& totals);

}  // namespace kautopsy
