#pragma once

#include <optional>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// A swap area that is being emptied at the moment of a report.
struct Swapoff {
  bool asked = false;  // the request is of swapoff itself, by its call trace
  Integer left_kb;     // that still has to come back into RAM, at least; none if not printed
  bool whole = false;  // it is the only area: left_kb is all
};

// swapoff() takes the size of the area from nr_swap_pages and total_swap_pages first, and reads its
// pages back then (mm/swapfile.c, swapoff() and try_to_unuse()): until they are back, the free
// swap that is left may be printed below zero (mm/swap_state.c, show_swap_cache_info()).
std::optional<Swapoff> SwapoffAt(const EventFacts& event);

}  // namespace kautopsy
