#pragma once

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/zone_check.h"
#include "reports/diagnosis/zone_terms.h"

namespace kautopsy {

// The allocator's test of one zone of `event`, run again on the printed figures. `terms` are those
// of the request. All terms of the sum are of one moment: that of the free list where the zone has
// one, as the order-k arithmetic subtracts its cells, else that of the counter `free:`.
ZoneCheck CheckZone(const EventFacts& event, const ZoneFacts& zone, const PieceRequest& request,
                    const ZoneTerms& terms);

}  // namespace kautopsy
