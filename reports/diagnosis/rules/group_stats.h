#pragma once

#include <cstdint>
#include <string_view>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// What the statistics of a control group say, by their new names or the old ones: "file",
// "file_dirty" and "file_writeback", or "cache", "dirty" and "writeback" (mm/memcontrol.c,
// memory_stats[] and memcg1_stats[]).

// 0 if it is not printed.
int64_t GroupStatKb(const EventFacts& event, std::string_view name);

// Files of a group that its limit cannot take from it before they are written.
struct GroupPending {
  int64_t dirty_kb = 0;
  int64_t writing_kb = 0;
  int64_t file_kb = 0;
  int64_t limit_kb = 0;
  bool old_names = false;
  int64_t all_kb() const { return dirty_kb + writing_kb; }
};
GroupPending PendingOfGroup(const EventFacts& event);

// True if that is nearly all of the group's files, and half of its limit and more.
bool IsMostlyPending(const GroupPending& pending);

}  // namespace kautopsy
