#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/row.h"
#include "store/database.h"

namespace kautopsy {

// Which incidents a report is about. Members that are empty do not restrict.
struct IncidentFilter {
  Integer incident;
  Text host;          // a name, or a shell pattern: "kvm*"
  Text since, until;  // as ParseMoment gives them; incidents without a known year never match
  Text kind;          // of one of its events: oom, alloc_failure, ...
  Text cause;         // its primary cause
  Text guest;         // whose process was killed
  Text comm;          // that was killed, asked for memory, or crashed
};

// A date, with or without the time of day, as far as it was written: "2026-11-20",
// "2026-11-20T09:14". What is compared with it is cut to its length, so that a date means the whole
// day. An error for anything else.
Result<std::string> ParseMoment(std::string_view text);

// A condition on `incident`, with the parameters ?1 to ?8, for BindFilter.
extern const char* const kFilterSql;
void BindFilter(Statement& statement, const IncidentFilter& filter);

}  // namespace kautopsy
