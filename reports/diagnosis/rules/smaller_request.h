#pragma once

#include <optional>
#include <string_view>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"
#include "reports/diagnosis/gfp.h"
#include "reports/diagnosis/zone_check.h"

namespace kautopsy {

// True if devices were being put to sleep or woken when the event's memory was asked for.
bool DevicesSleep(const EventFacts& event);
// The frame that shows it; null if none does.
const FrameFacts* SleepFrame(const EventFacts& event);

// Why the kernel can hardly make a large piece for such a request: "GFP_NOIO" or "GFP_NOFS"; empty
// if it is free to, or if no kernel of that age makes any.
std::string_view HinderedBy(const GfpMeaning& gfp, const KernelVersion& kernel);

// What the caller can do where its request keeps the kernel from making the piece, by its mask or
// since it is large and has no other way: no setting makes such a piece sure. None for others.
// `request` is that of the event.
std::optional<Advice> SmallerRequest(const IncidentFacts& facts, const EventFacts& event,
                                     const PieceRequest& request);

}  // namespace kautopsy
