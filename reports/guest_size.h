#pragma once

#include <optional>
#include <vector>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/snapshots.h"

namespace kautopsy {

// How large the guests of a host may be, from the tightest moment that the text holds.
struct GuestSize {
  const Snapshot* moment = nullptr;
  int64_t guests = 0;
  int64_t largest_kb = 0;  // what the largest guest held
  int64_t gib_each = 0;    // whole GiB that each may have
};

// What stays with the host beside its use at that moment: 0.5 % of RAM, at least 1 GiB.
int64_t HostReserveKb(int64_t ram_kb);

// The process table with most guests; null if there is none.
const EventFacts* GuestTable(const IncidentFacts& facts);

// None without guests and a snapshot with programs and free memory, or if the guests fit already.
std::optional<GuestSize> SizeGuests(const IncidentFacts& facts,
                                    const std::vector<Snapshot>& snapshots);

}  // namespace kautopsy
