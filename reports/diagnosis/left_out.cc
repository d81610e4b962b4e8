#include "reports/diagnosis/left_out.h"

#include <algorithm>
#include <vector>

#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/zone_terms.h"

namespace kautopsy {
namespace {

// Zone lines that hold less than this part of RAM are not those of all nodes. Reserved memory is in
// `present` and in `pages RAM` alike.
constexpr double kWholeShare = 0.9;

// The highest printed zone keeps memory back from requests that may use zones above it, so there
// are such zones (mm/page_alloc.c, setup_per_zone_lowmem_reserve()); or the report counts their
// pages.
bool LacksHigherZone(const EventFacts& event) {
  int top = -1;
  bool keeps_back = false;
  for (const ZoneFacts& zone : event.zones) {
    const int rank = RankOf(zone.zone);
    const bool keeps =
        std::any_of(zone.lowmem_reserve_pages.begin(), zone.lowmem_reserve_pages.end(),
                    [](int64_t pages) { return pages > 0; });
    keeps_back = rank > top ? keeps : (keeps_back || (rank == top && keeps));
    top = std::max(top, rank);
  }
  const bool high_pages = event.mem->highmem_pages.value_or(0) > 0;
  return keeps_back || (high_pages && top <= RankOf("Normal"));
}

// Early at boot no zone keeps anything back yet. Since 6.1 a request for a zone of devices prints
// no other (mm/page_alloc.c, warn_alloc_show_mem(): gfp_zone(gfp_mask); mm/show_mem.c,
// show_free_areas(): max_zone_idx), so there may be more even so.
bool PrintsUpToRequest(const EventFacts& event) {
  if (!event.rerun || event.rerun->request.assumed) return false;
  if (!ParseKernelVersion(event.kernel_release.value_or("")).AtLeast(6, 1)) return false;
  const int rank = RankOf(event.rerun->request.gfp.highest);
  return rank < RankOf("Normal") &&
         std::all_of(event.zones.begin(), event.zones.end(),
                     [&](const ZoneFacts& zone) { return RankOf(zone.zone) <= rank; });
}

bool LacksNodes(const EventFacts& event) {
  const Text& nodemask = event.oom ? event.oom->nodemask : event.refusal->nodemask;
  const Text& mems = event.oom ? event.oom->mems_allowed : event.refusal->mems_allowed;
  std::vector<int64_t> allowed = ParseNodeList(nodemask.value_or(""));
  if (allowed.empty()) allowed = ParseNodeList(mems.value_or(""));
  if (allowed.empty() || !event.mem->ram_pages) return false;
  int64_t present_kb = 0;
  for (const ZoneFacts& zone : event.zones) {
    const bool printed_as_allowed =
        zone.node && std::find(allowed.begin(), allowed.end(), *zone.node) != allowed.end();
    if (!printed_as_allowed || !zone.present_kb) return false;
    present_kb += *zone.present_kb;
  }
  const double ram_kb = static_cast<double>(*event.mem->ram_pages * event.page_kb());
  return static_cast<double>(present_kb) < kWholeShare * ram_kb;
}

}  // namespace

LeftOut LeftOutOf(const EventFacts& event) {
  LeftOut left_out;
  if (!event.mem || !event.mem->free_pages || event.zones.empty()) return left_out;
  int64_t printed_kb = 0;
  for (const ZoneFacts& zone : event.zones) {
    if (!zone.free_kb) return left_out;
    printed_kb += *zone.free_kb;
  }
  left_out.above =
      LacksHigherZone(event) ||
      (PrintsUpToRequest(event) && printed_kb < *event.mem->free_pages * event.page_kb());
  left_out.nodes = !left_out.above && (event.oom || event.refusal) && LacksNodes(event);
  if (left_out.any())
    left_out.free_kb = std::max<int64_t>(0, *event.mem->free_pages * event.page_kb() - printed_kb);
  return left_out;
}

}  // namespace kautopsy
