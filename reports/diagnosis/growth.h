#pragma once

#include <string>
#include <vector>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// A process that is larger in a later report of the same boot.
struct Growth {
  std::string comm;
  int64_t pid = 0;
  int64_t from_kb = 0;
  int64_t to_kb = 0;
  int64_t reports = 0;  // whose process tables show it
  bool steady = true;   // it never shrank in between
  const EventFacts* first = nullptr;
  const EventFacts* last = nullptr;
};

// Of the incident's process tables, whose largest rows are known: those that grew by a tenth of
// their size and a hundredth of RAM, most growth first. A name and a pid are taken for one process.
std::vector<Growth> GrownTasks(const IncidentFacts& facts);

// "java [pid 5] 1.2 -> 3.4 GiB in 5 min, 3 reports".
std::string GrowthWords(const Growth& growth);

}  // namespace kautopsy
