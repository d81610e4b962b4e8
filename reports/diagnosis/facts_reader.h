#pragma once

#include <cstdint>

#include "base/result.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/row_reader.h"

namespace kautopsy {

// Reads the incident of this id with its events, as `incident` and `event.incident_id` say. Figures
// that no machine can have (a damaged or hostile log) count as not printed, so that rules may add
// and multiply without overflow.
Result<IncidentFacts> ReadIncidentFacts(RowReader& reader, int64_t incident_id);

// Reads the rows that `event.kind` leads to expect into `event`.
Status ReadEventRows(RowReader& reader, EventFacts& event);

}  // namespace kautopsy
