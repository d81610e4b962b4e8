#pragma once

#include <optional>
#include <string>
#include <vector>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/facts.h"

namespace kautopsy {

// The memory that a request could be given, where that is less than the machine's.
struct Reach {
  std::string name;  // "node 3", "DMA and Normal"
  int64_t total_kb = 0;
  std::vector<BalanceItem> items;  // as of a balance; the rest is not_itemised
};

// Of whole nodes what memory_balance shows of them, else the sums of the zones that the re-run
// found eligible (relations zone and zone_check). None where the request could use all that the
// report prints of the machine, a size is not printed, or next to nothing of what lies there is
// told.
std::optional<Reach> ReachOf(const IncidentFacts& facts, const EventFacts& event);

}  // namespace kautopsy
