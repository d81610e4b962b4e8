#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/left_out.h"
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

// The smallest that counts as plenty where the zones above are not printed: twice the mark of a
// zone HighMem, which is at most 128 pages (mm/page_alloc.c, __setup_per_zone_wmarks()).
constexpr int64_t kPlentyPages = 256;

// Free memory of zones above that are not printed, less what is their marks' if those are as large
// a part of a zone as the printed ones. 0 if that is no plenty.
int64_t FreeLeftOutKb(const EventFacts& event) {
  const LeftOut left_out = LeftOutOf(event);
  if (!left_out.above || left_out.free_kb <= kPlentyPages * event.page_kb()) return 0;
  const bool of_kernel = event.rerun->request.gfp.highest >= HighestZone::kNormal;
  if (of_kernel || !event.mem->ram_pages) return of_kernel ? left_out.free_kb : 0;
  int64_t present_kb = 0;
  int64_t min_kb = 0;
  for (const ZoneFacts& zone : event.zones) {
    present_kb += zone.present_kb.value_or(0);
    min_kb += zone.min_kb.value_or(0);
  }
  const int64_t others_kb = *event.mem->ram_pages * event.page_kb() - present_kb;
  const auto mark_kb = static_cast<int64_t>(ShareOf(min_kb, present_kb) *
                                            static_cast<double>(std::max<int64_t>(0, others_kb)));
  return left_out.free_kb > kPlentyTimesMin * mark_kb ? left_out.free_kb : 0;
}

// Free memory in zones that the request may not use because they lie too high.
int64_t FreeAboveKb(const EventFacts& event) {
  int64_t kb = FreeLeftOutKb(event);
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

// A kernel that reaches the zones above through windows only. Where their lines are left out, zone
// DMA32 tells the 64-bit kernel, which has Movable at most above Normal.
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

// Programs' memory that can be moved is all that zone Movable is for.
bool OnlyMovableAbove(const EventFacts& event) {
  return event.rerun->request.gfp.highest >= HighestZone::kNormal && !HasHighMem(event);
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

// What all zones hold that the request may use; 0 if a line does not say it.
int64_t LowMemoryKb(const EventFacts& event) {
  int64_t kb = 0;
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    if (!event.rerun->checks[i].eligible) continue;
    const ZoneFacts& zone = event.zones[i];
    const Integer size_kb = zone.managed_kb ? zone.managed_kb : zone.present_kb;
    if (!size_kb) return 0;
    kb += *size_kb;
  }
  return kb;
}

// Kernel objects and stacks lie in low memory, page tables as well unless the kernel is built with
// CONFIG_HIGHPTE, so their share of it counts, not that of RAM.
std::string LowShareWords(const EventFacts& event) {
  const int64_t low_kb = LowMemoryKb(event);
  if (!event.mem || low_kb == 0) return "";
  const MemInfoFacts& mem = *event.mem;
  std::vector<std::string> words;
  const auto add = [&](const char* what, const Integer& pages) {
    const int64_t kb = pages.value_or(0) * event.page_kb();
    if (kb <= 0) return;
    words.push_back(
        fmt::format("{} {} = {} %", what, SizeText(kb),
                    PercentNumber(static_cast<double>(kb), static_cast<double>(low_kb))));
  };
  const Integer& unreclaimable = mem.slab_unreclaimable_pages;
  add(unreclaimable ? "kernel objects that cannot be freed [slab]" : "kernel objects [slab]",
      unreclaimable ? unreclaimable : mem.slab_pages);
  add("page tables", mem.pagetables_pages);
  if (words.empty()) return "";
  return fmt::format(" Low memory is {} in all: {}.", SizeText(low_kb), JoinWords(words));
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
  finding.explanation += LowShareWords(event);
  finding.advice.push_back({"a 64-bit kernel", "it has no such limit",
                            "needs a 64-bit processor; 32-bit programs run on it",
                            "no HighMem line in the next memory report"});
}

// `driver`: of the call trace; empty if it shows none.
void DescribeDevice(const ZoneFacts& zone, const std::string& driver, Finding& finding) {
  finding.advice.push_back(
      {driver.empty()
           ? fmt::format("find the driver in the call trace that asks for memory of zone {}",
                         zone.zone)
           : fmt::format("ask the maintainers of driver {} why it asks for memory of zone {}",
                         driver, zone.zone),
       "it says that its device reaches no other; most devices of today reach all memory", "",
       fmt::format("free of zone {} in /proc/zoneinfo", zone.zone)});
}

// A larger piece that is refused while single pages can be had is refused for want of pieces.
bool IsShort(const EventFacts& event) {
  if (event.rerun->single_served == false) return true;
  const bool single = event.rerun->request.order == 0;
  return (single || event.oom || event.rerun->request.assumed) && BelowHighMarks(event);
}

void SetConfidence(const EventFacts& event, bool cache, Finding& finding) {
  const char* doubt = nullptr;
  if (event.rerun->request.assumed)
    doubt = "what the request may use is assumed, as it is not in the text";
  if (event.rerun->served == true)
    doubt = "the figures, read behind the request, would let it pass";
  if (cache) doubt = "low memory was short, but held cache that could be dropped";
  finding.confidence = doubt ? Confidence::kMedium : Confidence::kHigh;
  finding.confidence_why =
      doubt ? doubt : "the request and the zones' figures are of the same record";
}

}  // namespace

// A request that may only use low memory (DMA, DMA32; Normal where there is HighMem) fails while
// the zones above it have room. Cache in the low zones that could be dropped is a reason of its
// own.
std::optional<Finding> RuleLowZone(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.rerun) continue;
    if (!IsShort(event)) continue;
    const int64_t above_kb = FreeAboveKb(event);
    const ZoneFacts* const zone = FirstEligible(event);
    if (above_kb == 0 || !zone) continue;
    Finding finding = DraftCause("low_zone", event);
    const bool cache = event.oom && IsPlenty(CleanCacheOf(facts, event));
    if (cache) finding.role = Role::kContributing;
    SetConfidence(event, cache, finding);
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
    else if (OnlyMovableAbove(event))
      finding.explanation += " The memory above is only for what can be moved [zone Movable].";
    else
      DescribeDevice(*zone, ReadCallPath(facts, event).driver, finding);
    finding.evidence.push_back(ZoneEvidence(event, *zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
