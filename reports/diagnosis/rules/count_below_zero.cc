#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

const ZoneFacts* FirstBelowZero(const EventFacts& event) {
  for (const ZoneFacts& zone : event.zones) {
    if (zone.managed_below_zero_kb || zone.marks_beyond_all) return &zone;
  }
  return nullptr;
}

std::string CountWords(const ZoneFacts& zone) {
  return zone.managed_below_zero_kb
             ? fmt::format("managed: is 2^64 less {}; the marks and reserves that follow from it",
                           SizeText(*zone.managed_below_zero_kb))
             : std::string("min:, low: and high: follow from what is counted as managed: and");
}

std::string FreeWords(const EventFacts& event) {
  if (!event.mem || !event.mem->free_pages) return "";
  return fmt::format(" {} were free.", SizeText(*event.mem->free_pages * event.page_kb()));
}

}  // namespace

// A zone's pages that the allocator may give out [managed] are counted without a sign, and its
// marks and what other zones keep back are shares of them (mm/page_alloc.c,
// __setup_per_zone_wmarks(), setup_per_zone_lowmem_reserve()): below zero all of these are larger
// than any memory, and no request passes.
std::optional<Finding> RuleCountBelowZero(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.oom && !event.refusal) continue;
    const ZoneFacts* const zone = FirstBelowZero(event);
    if (!zone) continue;
    Finding finding = DraftCause("kernel_bug", event);
    finding.rule = "count_below_zero";
    finding.severity = Severity::kMajor;
    const bool printed = zone->managed_below_zero_kb.has_value();
    finding.confidence = printed ? Confidence::kHigh : Confidence::kMedium;
    finding.confidence_why = printed
                                 ? "no memory has such a size"
                                 : "the marks are too large for any memory; the count itself is "
                                   "not in the text";
    finding.title = fmt::format("{} had a count of memory that went below zero [{}].",
                                OnDayHost(facts, event), ZoneName(*zone));
    finding.brief = fmt::format("a count of memory went below zero [{}]", ZoneName(*zone));
    finding.explanation =
        fmt::format("Its {} are larger than any memory, so requests fail however much is free.{}",
                    CountWords(*zone), FreeWords(event));
    finding.advice.push_back(
        {"report it to those who built the kernel, with this report",
         "no setting of the host has a part in it; drivers that give memory to the kernel and take "
         "it back do: balloon, hotplug, CMA",
         "", "managed in /proc/zoneinfo is at most present"});
    finding.evidence.push_back(ZoneEvidence(event, *zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
