#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/call_path.h"
#include "reports/diagnosis/call_words.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/left_out.h"
#include "reports/diagnosis/rules/clean_cache.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/eligible_memory.h"
#include "reports/diagnosis/rules/holder.h"
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

// On a 64-bit kernel only zone Movable lies above Normal: that is no low memory.
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

// Kernel objects and stacks lie in low memory, page tables as well unless the kernel is built with
// CONFIG_HIGHPTE, so their share of it counts, not that of RAM.
std::string LowShareWords(const EventFacts& event) {
  const int64_t low_kb = EligibleKb(event);
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
           : fmt::format("ask the maintainers of {} why it asks for memory of zone {}", driver,
                         zone.zone),
       "it says that its device reaches no other; most devices of today reach all memory", "",
       fmt::format("free of zone {} in /proc/zoneinfo", zone.zone)});
}

// Documentation/admin-guide/mm/memory-hotplug.rst; kernel-parameters.txt: movablecore=.
void DescribeMovable(Finding& finding) {
  finding.explanation += " The memory above is only for what can be moved [zone Movable].";
  finding.advice.push_back(
      {"less memory in zone Movable: online_kernel in place of online_movable, or a smaller "
       "movablecore= at boot",
       "the kernel's own data may not lie there",
       "what is not in Movable can hardly be unplugged again",
       "managed of zones Normal and Movable in /proc/zoneinfo"});
}

// The zones of the request are smaller than the piece it asks for.
Finding DescribeTooSmall(const IncidentFacts& facts, const EventFacts& event,
                         const ZoneFacts& zone) {
  Finding finding = DraftCause("low_zone", event);
  const CallPath path = ReadCallPath(facts, event);
  const std::string piece = PieceSize(event.page_kb() << event.rerun->request.order);
  finding.severity = HarmSeverity(path);
  finding.confidence = Confidence::kHigh;
  finding.confidence_why = "the size of the zone and that of the piece are printed";
  finding.title = fmt::format(
      "{} was asked for a piece of {} in low memory [zone {}], which is smaller than that.",
      OnDayHost(facts, event), piece, zone.zone);
  finding.brief = fmt::format("zone {} is smaller than the piece asked for", zone.zone);
  finding.explanation = fmt::format(
      "The request may use no zone above {}, and that has {} in all: it can never serve {}.",
      zone.zone, SizeText(EligibleKb(event)), piece);
  if (path.harm == Harm::kHarmless) {
    finding.advice.push_back({"nothing need be done", "the caller goes on without", "", ""});
  } else {
    DescribeDevice(zone, path.driver, finding);
  }
  finding.evidence.push_back(ZoneEvidence(event, zone));
  return finding;
}

// Less is free in all of its zones than the piece that it asks for, which no joining makes larger.
bool IsLargerThanFree(const EventFacts& event) {
  const PieceRequest& request = event.rerun->request;
  if (request.assumed || request.order == 0 || event.rerun->served != false) return false;
  int64_t free_pages = 0;
  for (const ZoneCheck& check : event.rerun->checks) {
    if (!check.eligible) continue;
    if (!check.free_pages) return false;
    free_pages += *check.free_pages;
  }
  return free_pages < int64_t{1} << request.order;
}

Finding DescribeTooFull(const IncidentFacts& facts, const EventFacts& event,
                        const ZoneFacts& zone) {
  Finding finding = DescribeTooSmall(facts, event, zone);
  const std::string piece = PieceSize(event.page_kb() << event.rerun->request.order);
  finding.confidence = Confidence::kMedium;
  finding.confidence_why = "less is free in its zones than it asks for";
  finding.title =
      fmt::format("{} was asked for {} in low memory [zone {}], where less was free in all.",
                  OnDayHost(facts, event), piece, zone.zone);
  finding.brief = fmt::format("zone {} had less free than was asked for", zone.zone);
  finding.explanation =
      fmt::format("The request may use no zone above {}, which had {} free: less than {}.",
                  zone.zone, SizeText(zone.free_kb.value_or(0)), piece);
  return finding;
}

// Until 2.6.10 reclaim itself kills, as soon as it finds nothing in the zones of a request,
// whatever is free (mm/vmscan.c of 2.6.9, try_to_free_pages(): out_of_memory()). 2.6.11 has "mm:
// fix several oom killer bugs", and low zones that keep a part back from requests for higher ones,
// which without a release tells those kernels apart ("mm: rework lower-zone protection
// initialisation").
bool KillsWhateverIsFree(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.oom || event.oom->sysrq || OfGroup(event)) return false;
  const KernelVersion kernel = KernelOf(facts, event);
  if (kernel.known()) return kernel.Below(2, 6, 11);
  const bool old = RuleOf(kernel, event) == WatermarkRule::k2618 && event.zones.size() > 1;
  return old && std::all_of(event.zones.begin(), event.zones.end(), [](const ZoneFacts& zone) {
           const std::vector<int64_t>& kept = zone.lowmem_reserve_pages;
           return !kept.empty() &&
                  std::all_of(kept.begin(), kept.end(), [](int64_t pages) { return pages == 0; });
         });
}

// The highest zone of the request is below its mark, and reclaim found nothing in it.
bool FailsByReclaim(const IncidentFacts& facts, const EventFacts& event) {
  if (!KillsWhateverIsFree(facts, event)) return false;
  for (std::size_t i = event.rerun->checks.size(); i-- > 0;) {
    const ZoneCheck& check = event.rerun->checks[i];
    if (!check.eligible || i >= event.zones.size()) continue;
    return check.usable_pages && check.mark_pages && !PassesFirstTest(check) &&
           event.zones[i].all_unreclaimable == true;
  }
  return false;
}

// A larger piece that is refused while single pages can be had is refused for want of pieces.
bool IsShort(const EventFacts& event) {
  if (event.rerun->single_served == false) return true;
  const bool single = event.rerun->request.order == 0;
  return (single || event.oom || event.rerun->request.assumed) && BelowHighMarks(event);
}

void SetConfidence(const EventFacts& event, bool cache, bool by_reclaim, Finding& finding) {
  const char* doubt = nullptr;
  if (event.rerun->request.assumed)
    doubt = "what the request may use is assumed, as it is not in the text";
  if (event.rerun->served == true)
    doubt = by_reclaim ? "a lower zone has a page; this kernel kills nevertheless"
                       : "the figures, read behind the request, would let it pass";
  if (cache) doubt = "low memory was short, but held cache that could be dropped";
  finding.confidence = doubt ? Confidence::kMedium : Confidence::kHigh;
  finding.confidence_why =
      doubt ? doubt : "the request and the zones' figures are of the same record";
}

void SetTitle(const IncidentFacts& facts, const EventFacts& event, const ZoneFacts& zone,
              int64_t above_kb, Finding& finding) {
  const bool only_movable = OnlyMovableAbove(event);
  finding.title =
      only_movable ? fmt::format("{} had {} free, but only for what can be moved [zone Movable].",
                                 OnDayHost(facts, event), SizeText(above_kb))
                   : fmt::format(
                         "{} had {} free, but not in the low memory [zone {}] that the request "
                         "needs.",
                         OnDayHost(facts, event), SizeText(above_kb), zone.zone);
  finding.brief = only_movable ? "all but zone Movable used up"
                               : fmt::format("low memory used up [zone {}]", zone.zone);
}

}  // namespace

// A request that may only use low memory (DMA, DMA32; Normal where there is HighMem) fails while
// the zones above it have room. Cache in the low zones that could be dropped is a reason of its
// own.
std::optional<Finding> RuleLowZone(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.rerun) continue;
    const ZoneFacts* const zone = FirstEligible(event);
    const bool low = event.rerun->request.gfp.highest < HighestZone::kNormal;
    if (low && zone && IsLargerThanItsZones(event)) return DescribeTooSmall(facts, event, *zone);
    if (low && zone && zone->free_kb && IsLargerThanFree(event))
      return DescribeTooFull(facts, event, *zone);
    const bool by_reclaim = !IsShort(event) && FailsByReclaim(facts, event);
    if (!IsShort(event) && !by_reclaim) continue;
    const int64_t above_kb = FreeAboveKb(event);
    if (above_kb == 0 || !zone) continue;
    Finding finding = DraftCause("low_zone", event);
    const bool cache = event.oom && IsPlenty(CleanCacheOf(facts, event));
    const bool only_movable = OnlyMovableAbove(event);
    // Who holds more than a third of all but Movable is nearer to the cause than its size.
    const bool held = only_movable && LargestHolder(facts, event);
    if (cache || held) finding.role = Role::kContributing;
    SetConfidence(event, cache, by_reclaim, finding);
    SetTitle(facts, event, *zone, above_kb, finding);
    finding.explanation =
        fmt::format("The request may not use the zones above {}; {} has {} free, min is {}.{}",
                    zone->zone, ZoneName(*zone), SizeText(zone->free_kb.value_or(0)),
                    SizeText(zone->min_kb.value_or(0)), FillingWords(*zone));
    if (by_reclaim)
      finding.explanation +=
          " Kernels before 2.6.11 kill as soon as reclaim finds nothing in the zones of a request, "
          "whatever is free in lower ones.";
    if (HasHighMem(event))
      DescribeHighMem(event, finding);
    else if (only_movable)
      DescribeMovable(finding);
    else
      DescribeDevice(*zone, ReadCallPath(facts, event).driver, finding);
    finding.evidence.push_back(ZoneEvidence(event, *zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
