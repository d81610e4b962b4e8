#pragma once

#include <vector>

#include "reports/diagnosis/diagnosis.h"
#include "reports/diagnosis/facts.h"

namespace kautopsy {

// What the text does not hold and would make the conclusions surer, the most important first.
std::vector<Missing> FindMissing(const IncidentFacts& facts);

}  // namespace kautopsy
