#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>

#include "reports/model.h"

namespace kautopsy {

// Version of the keys below; grows when a key changes its meaning or goes.
constexpr int kReportSchemaVersion = 1;

// The parts of the JSON report: `{"schema_version", "sources", ..., "incidents": [...]}`. Log text
// is kept but for bytes that are not UTF-8. What the log does not say is null.
nlohmann::ordered_json OverviewJson(const Overview& overview);
nlohmann::ordered_json IncidentJson(const IncidentReport& report);

}  // namespace kautopsy
