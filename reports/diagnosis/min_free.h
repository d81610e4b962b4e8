#pragma once

#include <cstdint>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// vm.min_free_kbytes as the zone lines of the event show it: the sum of their min marks without
// what was added for a while [boost]. mm/page_alloc.c, __setup_per_zone_wmarks(), shares it out
// among all zones but HighMem. In KiB; none if a zone or its mark is not in the text.
Integer MinFreeKb(const IncidentFacts& facts, const EventFacts& event);

// True if a piece of several pages is lacking though a zone of the request is far above its mark: a
// larger reserve would change nothing there.
bool LacksOnlyPieces(const EventFacts& event);

// A larger vm.min_free_kbytes for requests that must not wait: its value where the event's marks,
// else those of another report of the incident, tell the present one. None if it is as large as it
// should be already, or if only pieces are lacking.
std::optional<Advice> RaiseMinFree(const IncidentFacts& facts, const EventFacts& event);

}  // namespace kautopsy
