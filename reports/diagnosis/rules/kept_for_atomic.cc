#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr double kMuchOfFree = 0.1;

}  // namespace

// Page blocks that are kept for requests that must not wait [highatomic], at most about 1 % of a
// zone: mm/page_alloc.c, reserve_highatomic_pageblock(). Others may not use them.
std::optional<Finding> RuleKeptForAtomic(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!IsShortage(event) || !event.rerun || event.rerun->served != false) continue;
    const GfpMeaning& gfp = event.rerun->request.gfp;
    if (gfp.high || event.rerun->request.assumed) continue;
    for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
      const ZoneFacts& zone = event.zones[i];
      const Integer kept =
          zone.free_highatomic_kb ? zone.free_highatomic_kb : zone.reserved_highatomic_kb;
      if (!event.rerun->checks[i].eligible || !kept || !zone.free_kb) continue;
      if (ShareOf(*kept, *zone.free_kb) < kMuchOfFree) continue;
      Finding finding = DraftContext("kept_for_atomic", event);
      finding.confidence = zone.free_highatomic_kb ? Confidence::kHigh : Confidence::kMedium;
      finding.confidence_why = zone.free_highatomic_kb
                                   ? "the zone's line prints how much of it is free"
                                   : "how much of the reserve is free is not printed";
      finding.title = fmt::format("{}: {} of {} are kept for requests that must not wait.",
                                  OnDayHost(facts, event), SizeText(*kept), ZoneName(zone));
      finding.brief = fmt::format("{} kept for requests that must not wait", SizeText(*kept));
      finding.explanation =
          fmt::format("{} has {} free; what is kept [highatomic] does not serve this request.",
                      ZoneName(zone), SizeText(*zone.free_kb));
      finding.evidence.push_back(ZoneEvidence(event, zone));
      return finding;
    }
  }
  return std::nullopt;
}

}  // namespace kautopsy
