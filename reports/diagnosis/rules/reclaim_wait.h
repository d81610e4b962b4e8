#pragma once

#include <optional>
#include <string>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// What a task waited for that was to make memory free, for itself or, as kswapd, for all.
struct ReclaimWait {
  std::string brief;
  std::string explanation;
  Advice advice;
};

// By the call trace of a stall; none if the task did not reclaim, or waited for something else.
std::optional<ReclaimWait> ReclaimWaitOf(const EventFacts& event);

}  // namespace kautopsy
