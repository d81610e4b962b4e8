#pragma once

#include <string>
#include <vector>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// What a limit that was reached means, for the rule own_limit.
struct LimitWords {
  Confidence confidence = Confidence::kHigh;
  std::string confidence_why;
  std::string title;  // without a host in front: "TCP's own limit of memory was reached."
  std::string brief;
  std::string explanation;
  std::vector<Advice> advice;
};

// Of the bounce buffers [swiotlb], and of the pool for requests of devices that may not wait.
// REQUIRE: OwnLimit() of the event is "swiotlb", "coherent_pool".
LimitWords BounceBufferWords(const EventFacts& event);
LimitWords CoherentPoolWords(const EventFacts& event);

}  // namespace kautopsy
