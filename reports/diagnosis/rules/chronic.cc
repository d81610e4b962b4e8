#include "reports/diagnosis/rules/chronic.h"

#include <algorithm>

namespace kautopsy {
namespace {

// A zone counts as having plenty when its free memory is this many times its min mark: kswapd stops
// at high, which is at most 3 x min with the default watermark_scale_factor.
constexpr int64_t kPlentyTimesMin = 4;

bool PlentyInOrdinaryZone(const EventFacts& event) {
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneFacts& zone = event.zones[i];
    const bool counts = event.rerun->checks[i].eligible && IsOrdinaryZone(zone.zone);
    if (!counts || !zone.free_kb || zone.min_kb.value_or(0) <= 0) continue;
    if (*zone.free_kb >= kPlentyTimesMin * *zone.min_kb) return true;
  }
  return false;
}

// Where the zones' lines are lost, and with them what single pages need: many times the piece lies
// free in smaller ones.
bool ListsHoldMany(const EventFacts& event) {
  constexpr int64_t kManyPieces = 64;
  int64_t pages = 0;
  for (std::size_t i = 0; i < event.rerun->checks.size() && i < event.zones.size(); ++i) {
    const ZoneCheck& check = event.rerun->checks[i];
    if (event.zones[i].min_kb) return false;
    if (check.eligible && check.blocks_ok == false)
      pages += ListedPages(event.zones[i], event.page_kb()).value_or(0);
  }
  return pages >= kManyPieces << event.rerun->request.order;
}

// Where less is free than the request asks for, joining pieces would not help.
bool EnoughIsFree(const EventFacts& event) {
  return std::any_of(event.rerun->checks.begin(), event.rerun->checks.end(), [](const auto& check) {
    return check.eligible && check.usable_pages &&
           *check.usable_pages > check.mark_pages.value_or(0) + check.reserve_pages.value_or(0);
  });
}

}  // namespace

bool ShowsFragmentation(const EventFacts& event) {
  if (!event.rerun || event.rerun->served != false) return false;
  const PieceRequest& request = event.rerun->request;
  if (!event.rerun->single_served && ListsHoldMany(event))
    return request.order >= 1 && !request.assumed && request.gfp.may_reclaim;
  if (event.rerun->single_served != true) return false;
  if (request.order < 1 || !EnoughIsFree(event)) return false;
  if (!request.assumed) return request.gfp.may_reclaim;
  return request.order <= kCostlyOrder && PlentyInOrdinaryZone(event);
}

bool ShowsFragmentation(const IncidentFacts& facts) {
  return std::any_of(facts.events.begin(), facts.events.end(),
                     [](const EventFacts& event) { return ShowsFragmentation(event); });
}

}  // namespace kautopsy
