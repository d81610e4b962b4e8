#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Zones above the request's reach must hold well over their marks for it to matter.
constexpr int64_t kPlentyTimesMin = 2;

// Free memory in zones that the request may not use because they lie too high.
int64_t FreeAboveKb(const EventFacts& event) {
  int64_t kb = 0;
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneFacts& zone = event.zones[i];
    const bool above = event.rerun->checks[i].above_request;
    const bool plenty = zone.free_kb.value_or(0) > kPlentyTimesMin * zone.min_kb.value_or(0);
    if (above && plenty) kb += *zone.free_kb;
  }
  return kb;
}

const ZoneFacts* FirstEligible(const EventFacts& event) {
  for (std::size_t i = event.rerun->checks.size(); i-- > 0;) {
    if (event.rerun->checks[i].eligible && i < event.zones.size()) return &event.zones[i];
  }
  return nullptr;
}

}  // namespace

// A request that may only use low memory (DMA, DMA32; Normal where there is HighMem) fails while
// the zones above it have room.
std::optional<Finding> RuleLowZone(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.rerun) continue;
    if (event.rerun->single_served != false && !BelowHighMarks(event)) continue;
    const int64_t above_kb = FreeAboveKb(event);
    const ZoneFacts* const zone = FirstEligible(event);
    if (above_kb == 0 || !zone) continue;
    Finding finding;
    finding.rule = "low_zone";
    finding.cause = "low_zone";
    finding.role = Role::kPrimary;
    finding.severity = event.kills.empty() ? Severity::kMinor : Severity::kMajor;
    finding.confidence = event.rerun->request.assumed ? Confidence::kMedium : Confidence::kHigh;
    finding.event_id = event.id;
    finding.title =
        fmt::format("{} had {} free, but not in the low memory [zone {}] that the request needs.",
                    OnDayHost(facts, event), SizeText(above_kb), zone->zone);
    finding.brief = fmt::format("low memory used up [zone {}]", zone->zone);
    finding.explanation = fmt::format(
        "The request may not use the zones above {}; {} has {} free, min is {}.", zone->zone,
        ZoneName(*zone), SizeText(zone->free_kb.value_or(0)), SizeText(zone->min_kb.value_or(0)));
    finding.recommendation =
        "A 64-bit kernel has no such limit; else find what fills low memory "
        "(slab, page tables) in this report.";
    finding.evidence.push_back(ZoneEvidence(event, *zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
