#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/clean_cache.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Zones above the request's reach must hold well over their marks for it to matter.
constexpr int64_t kPlentyTimesMin = 2;
// A 32-bit kernel keeps its table of all pages in low memory: 32 bytes for each page of 4 KiB
// (include/linux/mm_types.h, struct page), so about 1 % of RAM.
constexpr int64_t kPagesPerTableShare = 128;

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

bool HasHighMem(const EventFacts& event) {
  return std::any_of(event.zones.begin(), event.zones.end(),
                     [](const ZoneFacts& zone) { return zone.zone == "HighMem"; });
}

// What fills the zone, where its line tells it: page tables, kernel objects, stacks.
std::string FillingWords(const ZoneFacts& zone) {
  std::vector<std::string> words;
  const auto add = [&](const char* what, const Integer& kb) {
    if (kb && *kb > 0) words.push_back(fmt::format("{} {}", what, SizeText(*kb)));
  };
  add("kernel objects [slab]", zone.slab_unreclaimable_kb);
  add("page tables", zone.pagetables_kb);
  add("kernel stacks", zone.kernel_stack_kb);
  return words.empty() ? "" : " It holds " + JoinWords(words) + ".";
}

void DescribeHighMem(const EventFacts& event, Finding& finding) {
  finding.explanation +=
      " This kernel reaches the memory above only through windows [HighMem], so its own data has "
      "to "
      "be below.";
  if (event.mem && event.mem->ram_pages) {
    const int64_t kb = *event.mem->ram_pages * event.page_kb();
    finding.explanation +=
        fmt::format(" Its table of all pages takes about {} of that, about 1 % of {}.",
                    SizeText(kb / kPagesPerTableShare), SizeText(kb));
  }
  if (event.mem && event.mem->pagetables_pages)
    finding.explanation +=
        fmt::format(" Page tables: {}.", SizeText(*event.mem->pagetables_pages * event.page_kb()));
  finding.advice.push_back({"a 64-bit kernel", "it has no such limit",
                            "needs a 64-bit processor; 32-bit programs run on it",
                            "no HighMem line in the next memory report"});
}

void DescribeDevice(const ZoneFacts& zone, Finding& finding) {
  finding.advice.push_back(
      {fmt::format("find the driver in the call trace that asks for memory of zone {}", zone.zone),
       "it says that its device reaches no other; most devices of today reach all memory", "",
       fmt::format("free of zone {} in /proc/zoneinfo", zone.zone)});
}

}  // namespace

// A request that may only use low memory (DMA, DMA32; Normal where there is HighMem) fails while
// the zones above it have room. Cache in the low zones that could be dropped is a reason of its
// own.
std::optional<Finding> RuleLowZone(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.rerun) continue;
    if (event.rerun->single_served != false && !BelowHighMarks(event)) continue;
    const int64_t above_kb = FreeAboveKb(event);
    const ZoneFacts* const zone = FirstEligible(event);
    if (above_kb == 0 || !zone) continue;
    Finding finding = DraftCause("low_zone", event);
    const bool cache = event.oom && IsPlenty(CleanCacheOf(facts, event));
    if (cache) finding.role = Role::kContributing;
    const bool sure = !event.rerun->request.assumed && !cache;
    finding.confidence = sure ? Confidence::kHigh : Confidence::kMedium;
    finding.confidence_why = sure ? "the request and the zones' figures are of the same record"
                             : cache
                                 ? "low memory was short, but held cache that could be dropped"
                                 : "what the request may use is assumed, as it is not in the text";
    finding.title =
        fmt::format("{} had {} free, but not in the low memory [zone {}] that the request needs.",
                    OnDayHost(facts, event), SizeText(above_kb), zone->zone);
    finding.brief = fmt::format("low memory used up [zone {}]", zone->zone);
    finding.explanation =
        fmt::format("The request may not use the zones above {}; {} has {} free, min is {}.{}",
                    zone->zone, ZoneName(*zone), SizeText(zone->free_kb.value_or(0)),
                    SizeText(zone->min_kb.value_or(0)), FillingWords(*zone));
    if (HasHighMem(event))
      DescribeHighMem(event, finding);
    else
      DescribeDevice(*zone, finding);
    finding.evidence.push_back(ZoneEvidence(event, *zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
