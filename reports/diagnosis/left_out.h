#pragma once

#include <cstdint>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// Zones that a memory report does not print though they hold memory: since 6.1 those above the
// request's highest zone (mm/page_alloc.c, __show_free_areas(): max_zone_idx; commit 974f4367dd31),
// and those of nodes that it may not use (show_mem_node_skip()). The counters of the report are of
// the whole machine all the same.
struct LeftOut {
  bool above = false;   // zones above those that are printed
  bool nodes = false;   // whole nodes
  int64_t free_kb = 0;  // of them: the counter `free:` without the printed zones
  bool any() const { return above || nodes; }
};

// What the zone lines of the event leave out; nothing where that cannot be told.
LeftOut LeftOutOf(const EventFacts& event);

}  // namespace kautopsy
