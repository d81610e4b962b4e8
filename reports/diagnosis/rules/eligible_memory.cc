#include "reports/diagnosis/rules/eligible_memory.h"

#include <algorithm>

#include "reports/diagnosis/left_out.h"

namespace kautopsy {
namespace {

Integer SizeKb(const ZoneFacts& zone) {
  return zone.managed_kb ? zone.managed_kb : zone.present_kb;
}

// Calls `see` for the zones that the request may use.
template <class See>
void ForEligible(const EventFacts& event, See see) {
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    if (event.rerun->checks[i].eligible) see(event.zones[i]);
  }
}

}  // namespace

int64_t EligibleKb(const EventFacts& event) {
  int64_t kb = 0;
  bool all = true;
  ForEligible(event, [&](const ZoneFacts& zone) {
    all = all && SizeKb(zone).has_value();
    kb += SizeKb(zone).value_or(0);
  });
  return all ? kb : 0;
}

bool HasHighMem(const EventFacts& event) {
  bool high = false;
  bool dma32 = false;
  for (const ZoneFacts& zone : event.zones) {
    high = high || zone.zone == "HighMem";
    dma32 = dma32 || zone.zone == "DMA32";
  }
  if (high || dma32) return high;
  return event.rerun->request.gfp.highest >= HighestZone::kNormal && LeftOutOf(event).above;
}

bool IsBarredFromMovable(const EventFacts& event) {
  const bool movable = std::any_of(event.zones.begin(), event.zones.end(),
                                   [](const ZoneFacts& zone) { return zone.zone == "Movable"; });
  const HighestZone highest = event.rerun->request.gfp.highest;
  const bool barred = highest >= HighestZone::kNormal && highest < HighestZone::kMovable;
  return barred && !HasHighMem(event) && (movable || LeftOutOf(event).above);
}

bool IsLargerThanItsZones(const EventFacts& event) {
  if (event.rerun->request.assumed || event.rerun->lacks_zones) return false;
  const int64_t piece_kb = event.page_kb() << event.rerun->request.order;
  bool any = false;
  bool all = true;
  ForEligible(event, [&](const ZoneFacts& zone) {
    any = true;
    all = all && SizeKb(zone) && *SizeKb(zone) < piece_kb;
  });
  return any && all;
}

}  // namespace kautopsy
