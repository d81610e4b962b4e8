#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"
#include "reports/diagnosis/row_reader.h"

namespace kautopsy {

// The settings of the kernel [sysctl] that the files of the incident's host tell, as those of a
// sosreport do. They were read some time behind the incident and may have been changed since.

// Fills in `settings`, of each the one that was read last, or by its time next to the incident.
Status ReadSettings(RowReader& reader, IncidentFacts& facts);

// Those that bear on what happened.
std::optional<Finding> RuleSettings(const IncidentFacts& facts);

// "vm.swappiness=10" becomes "vm.swappiness=10 (now 60)", if that is known and not told yet.
void TellPresentValue(const IncidentFacts& facts, std::string& act);

}  // namespace kautopsy
