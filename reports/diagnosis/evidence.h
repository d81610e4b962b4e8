#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"
#include "reports/diagnosis/row_reader.h"

namespace kautopsy {

// Evidence of the kinds of lines that rules point at.
Evidence ZoneEvidence(const EventFacts& event, const ZoneFacts& zone);
Evidence FreeListEvidence(const EventFacts& event, const ZoneFacts& zone);
Evidence KillEvidence(const EventFacts& event, const KillFacts& kill);
Evidence TaskEvidence(const EventFacts& event, const TaskFacts& task);
Evidence HeaderEvidence(
    const EventFacts& event);  // "invoked oom-killer" or "page allocation failure"
Evidence CounterEvidence(const EventFacts& event,
                         std::string_view words);  // "pages RAM", "MemTotal"
// A row of the kernel's own list of allocations.
Evidence AllocTagEvidence(const EventFacts& event, const AllocTagFacts& tag);
Evidence GuestEvidence(const GuestFacts& guest);
Evidence FirstLineEvidence(const EventFacts& event, std::string_view relation);

// Finds the quotes of `evidence` in event_text, each as its log line stands in the source. Where a
// finding gets none, the first line of the event of its first evidence stands in.
Status QuoteEvidence(RowReader& reader, std::vector<Finding>& findings);

// The line without its prefix, from the fact on.
std::string_view FactOf(const Evidence& evidence);

}  // namespace kautopsy
