#pragma once

#include <string>
#include <string_view>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// Which control groups a machine has for memory: each version has files of its own.
enum class CgroupVersion { kUnknown, kOne, kTwo };

// As the report of `event` and its kernel tell it; kUnknown where both would print the same.
CgroupVersion CgroupVersionOf(const IncidentFacts& facts, const EventFacts& event);

// The files of a group in sysfs that rules advise to set or to look at; where the version is not
// known, that of version 2 with that of version 1 beside it.
std::string LimitFile(const IncidentFacts& facts, const EventFacts& event);
// As it is set: "memory.max=51200K".
std::string LimitSetting(const IncidentFacts& facts, const EventFacts& event, int64_t kb);
// Holds the most that the group ever used.
std::string PeakFile(const IncidentFacts& facts, const EventFacts& event);
// Tells how often the group ran into its limit.
std::string CountFile(const IncidentFacts& facts, const EventFacts& event);
// The lines of memory.stat that tell who holds the memory.
std::string StatLines(const IncidentFacts& facts, const EventFacts& event);

// The counter "memory", "memory_swap", "swap" or "kmem" of the report; null if it has none.
const GroupCounterFacts* GroupCounter(const EventFacts& event, std::string_view name);

// The group's limit of memory, if it was printed.
Integer GroupLimitKb(const EventFacts& event);

}  // namespace kautopsy
