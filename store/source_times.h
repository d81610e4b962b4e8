#pragma once

#include "base/row.h"
#include "parsers/event_sink.h"

namespace kautopsy {

// The columns of `source` that tell of its times.
struct SourceTimes {
  Text first;
  Text last;
  Integer new_years;
  Integer text_year;
  Text zone;
  Text crash_time;
};
SourceTimes TimesOf(const SourceSummary& summary);

}  // namespace kautopsy
