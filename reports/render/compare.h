#pragma once

#include <iosfwd>
#include <nlohmann/json.hpp>

#include "reports/compare/comparison.h"
#include "reports/report.h"

namespace kautopsy {

// A comparison as text: the sentence, both sides, then what differs, part by part. What did not
// change is one line. Parts that only one side tells are named under UNKNOWN.
void RenderComparisonText(const Comparison& comparison, const ReportOptions& options,
                          std::ostream& out);

// Version of the keys below; grows when a key changes its meaning or goes.
constexpr int kComparisonSchemaVersion = 1;

// The same as JSON. What the text does not say is null; so is the difference of what cannot be
// compared.
nlohmann::ordered_json ComparisonJson(const Comparison& comparison);

}  // namespace kautopsy
