#pragma once

#include <string>
#include <string_view>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// What a line tells of a refusal that stands in it alone, with its own reason: a limit of TCP, of a
// control group or of devices, a file system that waits.

// "TCP: its own limit of memory is reached"; empty for other refusals.
std::string OwnWords(const EventFacts& event);
// The same for all that are refused alike, whatever was free at that moment: sizes and counters in
// the words are left out. Empty for other refusals.
std::string OwnKind(const EventFacts& event);
// The setting whose limit the line states: "net.ipv4.tcp_mem", "pids.max", "swiotlb",
// "coherent_pool"; empty for other refusals.
std::string_view OwnLimit(const EventFacts& event);
// True for what tells of memory that was short, or of how much there was; a limit of another
// allocator's own does not.
bool TellsOfMemory(const EventFacts& event);
// True where whoever asked was not refused: it waits and tries again.
bool TriesAgain(const EventFacts& event);
// The device in the words of a refusal for want of memory that it can reach; empty for others.
std::string DeviceOf(const EventFacts& event);

}  // namespace kautopsy
