#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/import_run.h"
#include "store/database.h"

namespace kautopsy {

// How many incidents a store holds, by severity: critical, major, minor, info.
struct IncidentCounts {
  std::vector<std::pair<std::string, uint64_t>> by_severity;  // those of none left out
  uint64_t total = 0;
};

Result<IncidentCounts> CountIncidents(Database& database);

// What an ingest did, for people: several lines, each ended by a newline. `incidents_before` is
// their number before it, `store` the path of the database.
std::string DescribeIngest(const ImportTotals& totals, const IncidentCounts& incidents,
                           uint64_t incidents_before, const std::string& store);

// The same for scripts: "done inputs=214 files=213 ...", without a newline.
std::string DescribeIngestForScripts(const ImportTotals& totals);

}  // namespace kautopsy
