#pragma once

#include <cstdint>
#include <map>
#include <utility>

#include "base/result.h"
#include "base/time.h"
#include "store/database.h"

namespace kautopsy {

// Years of days, by {month, day}: SourceSummary::years.
using YearsOfDays = std::map<std::pair<int, int>, int>;

// `time` with the year of its day, if it has none and `years` knows one.
PrintedTime WithYear(PrintedTime time, const YearsOfDays& years);

// Remembers the events of one source whose times lack a year until the source's end shows which
// year it was. In a temporary table, so that millions of them need no memory; what it holds is part
// of the open transaction. `database` must outlive it.
class UndatedEvents {
 public:
  static Result<UndatedEvents> Create(Database& database);

  Status Add(int64_t event_id, const PrintedTime& time);

  // Gives a time to the events of the days in `years`, and forgets all.
  Status Resolve(const YearsOfDays& years);

 private:
  Status ResolveDay(const YearsOfDays::value_type& day);

  Statement insert_;
  Statement select_;
  Statement update_;
  Statement clear_;
};

}  // namespace kautopsy
