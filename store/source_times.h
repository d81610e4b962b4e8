#pragma once

#include "base/row.h"
#include "parsers/event_sink.h"
#include "store/database.h"

namespace kautopsy {

// The columns of `source` that tell of its times.
struct SourceTimes {
  Text first;
  Text last;
  Text first_clock;
  Text last_clock;
  Integer new_years;
  Integer text_year;
  Text zone;
  Text crash_time;
};
SourceTimes TimesOf(const SourceSummary& summary);

// Makes the times of the sources that are `outdated` anew out of their clocks, by their zones. Part
// of the open transaction.
Status RedateSourceTimes(Database& database);

}  // namespace kautopsy
