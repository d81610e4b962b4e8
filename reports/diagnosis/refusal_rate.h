#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// Refusals of one incident that are the same again: one size, one mode, one caller.
struct RefusalGroup {
  const EventFacts* first = nullptr;
  int64_t count = 0;
  int64_t worst_minute = 0;       // most of them within 60 s; 0 if they have no common clock
  bool log_lost_lines = false;    // so both counts are lower bounds
  bool kernel_kept_back = false;  // likewise: this kernel prints few of them
};

// In the order of their first ones.
std::vector<RefusalGroup> GroupRefusals(const IncidentFacts& facts);

// "Seen once.", "Seen 42 times, 6 in the worst minute (at least: this kernel prints one in 10 s)."
std::string RateWords(const RefusalGroup& group);

}  // namespace kautopsy
