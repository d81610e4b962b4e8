#pragma once

#include <string>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// What the call trace of a refused allocation tells in plain words; empty members where it tells
// nothing.
struct CallPath {
  std::string where;            // "a network softirq", "an interrupt", "a system call"
  std::string driver;           // module of the first frame that has one, e.g. "tg3"
  bool network = false;         // the trace goes through the network stack
  bool transmit = false;        // a packet was to be sent
  bool copies_packet = false;   // skb_copy(): the driver wants the packet in one piece
  std::string chain;            // the frames that matter, outermost first, joined by " > "
  std::string meaning;          // what was lost
  bool all_unreliable = false;  // every frame is marked `?`: their order is a guess
};

CallPath ReadCallPath(const EventFacts& event);

}  // namespace kautopsy
