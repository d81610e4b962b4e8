#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// CMA must be the larger part of what is free to be the reason.
constexpr double kMostShare = 0.5;

// The zone whose free memory is mostly CMA, with free memory above its mark.
const ZoneFacts* MostlyCma(const EventFacts& event) {
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneFacts& zone = event.zones[i];
    if (!event.rerun->checks[i].eligible || !zone.free_kb || !zone.free_cma_kb) continue;
    const bool above_mark = *zone.free_kb > zone.min_kb.value_or(0);
    const bool mostly =
        static_cast<double>(*zone.free_cma_kb) > kMostShare * static_cast<double>(*zone.free_kb);
    if (above_mark && mostly) return &zone;
  }
  return nullptr;
}

}  // namespace

// Memory of contiguous areas [CMA] serves only movable requests: mm/page_alloc.c, ALLOC_CMA.
std::optional<Finding> RuleCma(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.rerun || event.rerun->request.assumed || event.rerun->request.gfp.movable) continue;
    if (event.rerun->served != false) continue;
    const ZoneFacts* const zone = MostlyCma(event);
    if (!zone) continue;
    Finding finding;
    finding.rule = "cma";
    finding.cause = "cma";
    finding.role = Role::kPrimary;
    finding.severity = event.kills.empty() ? Severity::kMinor : Severity::kMajor;
    finding.confidence = Confidence::kHigh;
    finding.event_id = event.id;
    finding.title = fmt::format(
        "{} had {} free, {} of it set aside for devices [CMA], which this request may not use.",
        OnDayHost(facts, event), SizeText(*zone->free_kb), SizeText(*zone->free_cma_kb));
    finding.brief = "what is free is set aside for devices [CMA]";
    finding.explanation = fmt::format("{}: {} kB free, {} kB of it CMA.", ZoneName(*zone),
                                      Thousands(*zone->free_kb), Thousands(*zone->free_cma_kb));
    finding.recommendation = "Make the area smaller (cma= at boot) if no device needs all of it.";
    finding.evidence.push_back(ZoneEvidence(event, *zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
