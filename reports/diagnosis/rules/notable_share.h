#pragma once

#include <optional>
#include <string_view>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"
#include "reports/diagnosis/rules/holder.h"

namespace kautopsy {

// A share of RAM that is worth telling beside the cause, though it is no third of it.
struct NotableShare {
  std::string_view rule;
  HolderKind kind = HolderKind::kSlab;
  double from = 0;                                  // of RAM
  std::string_view meaning;                         // what it may come from
  Integer (*size_kb)(const EventFacts&) = nullptr;  // only of events with counters
};

// The size of a counter; none if it is not printed.
inline Integer PagesKb(const EventFacts& event, const Integer& pages) {
  return pages ? Integer(*pages * event.page_kb()) : Integer();
}

// A context finding for the first shortage of the host in which the share is reached; none where it
// is the cause already (a third of RAM and more).
std::optional<Finding> TellShare(const IncidentFacts& facts, const NotableShare& share);

}  // namespace kautopsy
