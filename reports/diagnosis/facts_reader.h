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

// Reads into each event of `facts`, which are in the order of their ids, the rows that its kind
// leads to expect.
Status ReadEventRows(RowReader& reader, IncidentFacts& facts);

}  // namespace kautopsy
