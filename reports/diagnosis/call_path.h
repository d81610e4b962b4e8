#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reports/diagnosis/call_sites.h"
#include "reports/diagnosis/facts.h"

namespace kautopsy {

// What the call trace of a refused allocation, or of a request that ended in an OOM, tells in plain
// words; empty members where it tells nothing. What runs below an interrupt is another program's.
struct CallPath {
  std::string where;            // "a network softirq", "the read system call", "a page fault"
  std::string driver;           // module of the first frame that has one, e.g. "tg3"
  bool network = false;         // the trace goes through the network stack
  bool transmit = false;        // a packet was to be sent
  bool copies_packet = false;   // skb_copy(): the driver wants the packet in one piece
  std::string chain;            // the frames that matter, outermost first, joined by " > "
  std::string meaning;          // what the refusal did; empty for an OOM
  bool all_unreliable = false;  // every frame is marked `?`: their order is a guess

  const CallSite* site = nullptr;  // null: none is known for any of its functions
  std::string symbol;              // function that told the site
  std::string wanted;              // the site's, or "memory for the driver tg3"
  bool dying = false;              // a refusal of a task that the OOM killer had killed just before
  bool large_first = false;  // a try for large pages [vmalloc]; single ones are asked for behind it
  std::optional<Harm> harm;  // none for an OOM, whose request waits, and for unknown sites
};

CallPath ReadCallPath(const IncidentFacts& facts, const EventFacts& event);

// True if the event is a refusal whose caller takes another way.
bool IsHarmlessRefusal(const IncidentFacts& facts, const EventFacts& event);

}  // namespace kautopsy
