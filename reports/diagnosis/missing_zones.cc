#include "reports/diagnosis/missing_zones.h"

#include <algorithm>

#include "reports/diagnosis/zone_terms.h"

namespace kautopsy {
namespace {

// How many types above the zone have memory on its node: each makes the reserve larger
// (mm/page_alloc.c, setup_per_zone_lowmem_reserve()).
int TypesAbove(const ZoneFacts& zone) {
  int types = 0;
  int64_t most = 0;
  for (const int64_t pages : zone.lowmem_reserve_pages) {
    if (pages > most) ++types;
    most = std::max(most, pages);
  }
  return types;
}

int PrintedAbove(const EventFacts& event, const ZoneFacts& zone) {
  return static_cast<int>(
      std::count_if(event.zones.begin(), event.zones.end(), [&](const ZoneFacts& other) {
        return other.node == zone.node && RankOf(other.zone) > RankOf(zone.zone) &&
               other.zone != "Device";
      }));
}

// How many types above the request's highest a kernel may leave out: since 6.1 all that there are
// (mm/page_alloc.c, __show_free_areas(): max_zone_idx; 974f4367dd31), before none. Where DMA32 is
// printed there is no HighMem (mm/Kconfig, ZONE_DMA32: "depends on !X86_32").
int MayBeLeftOut(const EventFacts& event, HighestZone highest, const KernelVersion& kernel) {
  constexpr int kEl9 = 9;  // carries newer code
  const bool prints_all = kernel.known() && !kernel.AtLeast(6, 1) && kernel.el < kEl9;
  if (prints_all) return 0;
  const bool dma32 = std::any_of(event.zones.begin(), event.zones.end(),
                                 [](const ZoneFacts& zone) { return zone.zone == "DMA32"; });
  const int above_normal = dma32 ? 1 : 2;
  switch (highest) {
    case HighestZone::kMovable:
      return 0;
    case HighestZone::kHighMem:
      return 1;
    case HighestZone::kNormal:
      return above_normal;
    case HighestZone::kDma32:
      return above_normal + 1;
    case HighestZone::kDma:
      break;
  }
  return above_normal + 2;
}

}  // namespace

bool LacksZones(const EventFacts& event, const PieceRequest& request, const KernelVersion& kernel) {
  const int left_out = MayBeLeftOut(event, request.gfp.highest, kernel);
  return std::any_of(event.zones.begin(), event.zones.end(), [&](const ZoneFacts& zone) {
    return TypesAbove(zone) > PrintedAbove(event, zone) + left_out;
  });
}

}  // namespace kautopsy
