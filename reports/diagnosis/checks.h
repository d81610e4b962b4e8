#pragma once

#include <string>
#include <vector>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// A sum that the log gives twice. `ok` is false where both values differ by more than their moments
// can explain; then a parser or the log is wrong, and both values are shown.
struct SelfCheck {
  std::string name;  // free_list_total, zones_free, ram_total, task_rss, ...
  bool ok = false;
  std::string text;  // both values
  int64_t event_id = 0;
  bool note = false;  // a difference that is explained and harmless
};

// Every check that the incident's records allow, in the order of its events.
std::vector<SelfCheck> RunSelfChecks(const IncidentFacts& facts);

}  // namespace kautopsy
