#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/row.h"
#include "store/database.h"

namespace kautopsy {

// Which incidents a report is about. Members that are empty do not restrict; of several names one
// must match. Names of hosts, guests and commands may be shell patterns ("kvm*"); one that a log
// has as it is written matches, too.
struct IncidentFilter {
  Integer incident = {};
  std::vector<std::string> hosts = {};
  Text since = {}, until = {};  // as ParseMoment gives them; incidents without a year never match
  std::vector<std::string> kinds = {};   // of one of its events: oom, alloc_failure, ...
  std::vector<std::string> causes = {};  // its primary cause
  std::vector<std::string> guests = {};  // whose process was killed
  std::vector<std::string> comms = {};   // that was killed, asked for memory, or crashed

  bool restricts() const {
    return incident || since || until || !hosts.empty() || !kinds.empty() || !causes.empty() ||
           !guests.empty() || !comms.empty();
  }
};

// A date, with or without the time of day, as far as it was written: "2026-11-20",
// "2026-11-20T09:14". What is compared with it is cut to its length, so that a date means the whole
// day. An error for anything else.
Result<std::string> ParseMoment(std::string_view text);

// A condition on `incident`, with the parameters ?1 to ?8, for BindFilter.
extern const char* const kFilterSql;
void BindFilter(Statement& statement, const IncidentFilter& filter);

}  // namespace kautopsy
