#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/import_run.h"
#include "store/database.h"

namespace kautopsy {

using CountsByName = std::vector<std::pair<std::string, uint64_t>>;  // those of none left out

// What a store holds.
struct StoreContents {
  CountsByName incidents;  // by severity: critical, major, minor, info
  uint64_t incidents_total = 0;
  CountsByName new_events;  // by kind, of those behind `last_event_id` of ReadContents()
  uint64_t hosts = 0;
  uint64_t boots = 0;
  std::string first_day;  // "2014-10-27", UTC, of a boot; empty if no year is known
  std::string last_day;
  int64_t last_event_id = 0;
};

Result<StoreContents> ReadContents(Database& database, int64_t last_event_id);

// What an ingest did, for people: several lines, each ended by a newline. `store` is the path of
// the database, which held `before` and holds `after`.
std::string DescribeIngest(const ImportTotals& totals, const StoreContents& before,
                           const StoreContents& after, const std::string& store);

// The same for scripts: "done files=214 read=213 ...", without a newline.
std::string DescribeIngestForScripts(const ImportTotals& totals, const StoreContents& after);

}  // namespace kautopsy
