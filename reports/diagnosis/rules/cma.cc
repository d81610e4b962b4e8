#include <fmt/core.h>

#include <optional>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/diagnosis/zone_terms.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// CMA must be the larger part of what is free to be the reason.
constexpr double kMostShare = 0.5;
constexpr int64_t kKbPerMib = 1024;

// The zone fails its test, and would pass it if its free CMA were ordinary memory.
bool MostIsCma(const EventFacts& event, const ZoneFacts& zone, const ZoneCheck& check) {
  if (!check.usable_pages || !check.mark_pages || check.cma_pages.value_or(0) <= 0) return false;
  const int64_t wanted = *check.mark_pages + check.reserve_pages.value_or(0);
  return *check.usable_pages <= wanted && *check.usable_pages + *check.cma_pages > wanted &&
         ShareOf(*check.cma_pages * event.page_kb(), *zone.free_kb) > kMostShare;
}

// There are pieces of the asked size, and all of them are of CMA (letter C of the free list:
// mm/show_mem.c, show_migration_types()).
bool PiecesAreCma(const ZoneFacts& zone, int order) {
  bool any = false;
  for (const FreeCell& cell : zone.cells) {
    if (cell.order < order || cell.count == 0) continue;
    if (cell.migrate_types != "C") return false;
    any = true;
  }
  return any && order > 0 && *zone.free_kb > zone.min_kb.value_or(0);
}

// Of a zone whose line is lost: all of its free list is CMA.
bool ListIsCma(const ZoneFacts& zone) {
  bool any = false;
  for (const FreeCell& cell : zone.cells) {
    if (cell.count == 0) continue;
    if (cell.migrate_types != "C") return false;
    any = true;
  }
  return any && !zone.free_kb && !ListIsCut(zone);
}

struct KeptZone {
  const ZoneFacts* zone = nullptr;
  int64_t free_kb = 0;
  int64_t cma_kb = 0;              // of what is free
  bool most = false;               // else only the pieces of the asked size are CMA
  bool other_lacks_piece = false;  // another zone lies above its mark and has no piece, for no CMA
};

// A zone that the request may use lies above its mark and lacks only the piece, and none of its
// pieces is CMA: there the request failed for want of pieces, whatever CMA is elsewhere.
bool LacksPieceWithoutCma(const EventFacts& event) {
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneCheck& check = event.rerun->checks[i];
    const bool lacks = check.eligible && PassesFirstTest(check) && check.blocks_ok == false;
    if (lacks && event.zones[i].free_kb &&
        !PiecesAreCma(event.zones[i], event.rerun->request.order))
      return true;
  }
  return false;
}

// The zone that would serve the request if its free CMA were ordinary memory.
std::optional<KeptZone> KeptByCma(const EventFacts& event) {
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneFacts& zone = event.zones[i];
    const ZoneCheck& check = event.rerun->checks[i];
    if (!check.eligible) continue;
    const int64_t listed_kb = ListedPages(zone, event.page_kb()).value_or(0) * event.page_kb();
    if (ListIsCma(zone))
      return KeptZone{&zone, listed_kb, listed_kb, true, LacksPieceWithoutCma(event)};
    if (!zone.free_kb) continue;
    const bool most = MostIsCma(event, zone, check);
    if (!most && !PiecesAreCma(zone, event.rerun->request.order)) continue;
    return KeptZone{&zone, *zone.free_kb, check.cma_pages.value_or(0) * event.page_kb(), most,
                    LacksPieceWithoutCma(event)};
  }
  return std::nullopt;
}

// A movable request may use CMA in every try but the last one before a kill: mm/page_alloc.c
// of 5.4, gfp_to_alloc_flags() gives it ALLOC_CMA, and __alloc_pages_may_oom() tries once more with
// ALLOC_WMARK_HIGH|ALLOC_CPUSET alone. The sums of both tests differ by the free CMA only, unless
// the request has rights of its own.
struct LastTryZone {
  const ZoneFacts* zone = nullptr;
  const ZoneCheck* check = nullptr;
  int64_t cma_pages = 0;
  int64_t lacking_pages = 0;  // of ordinary memory, to pass the high mark
};

bool MayUseCma(const Rerun& rerun) {
  const GfpMeaning& gfp = rerun.request.gfp;
  const bool plain = !gfp.high && !gfp.atomic && !gfp.memalloc;
  return !rerun.request.assumed && rerun.request.order == 0 && gfp.movable && plain;
}

// The zone that fails the last try for nothing but its CMA, where no zone passes that try.
std::optional<LastTryZone> FailedByCma(const EventFacts& event) {
  const Rerun& rerun = *event.rerun;
  std::optional<LastTryZone> found;
  if (!event.oom || !MayUseCma(rerun) || rerun.served != true || rerun.lacks_zones) return found;
  for (std::size_t i = 0; i < event.zones.size() && i < rerun.checks.size(); ++i) {
    const ZoneCheck& check = rerun.checks[i];
    if (!check.eligible) continue;
    if (check.last_try_ok != false || !check.usable_pages || !check.last_try_pages)
      return std::nullopt;
    const int64_t wanted = *check.high_pages + check.reserve_pages.value_or(0);
    const int64_t cma_pages = *check.usable_pages - *check.last_try_pages;
    const bool decides = *check.last_try_pages <= wanted && *check.usable_pages > wanted;
    if (!decides || ShareOf(cma_pages, *check.free_pages) <= kMostShare) continue;
    const LastTryZone zone = {&event.zones[i], &check, cma_pages,
                              wanted + 1 - *check.last_try_pages};
    if (!found || zone.cma_pages > found->cma_pages) found = zone;
  }
  return found;
}

Advice SmallerForLastTry(const EventFacts& event, const LastTryZone& kept) {
  const int64_t least_mib = (kept.lacking_pages * event.page_kb() + kKbPerMib - 1) / kKbPerMib;
  const int64_t most_mib = kept.cma_pages * event.page_kb() / kKbPerMib;
  Advice advice;
  advice.act = least_mib < most_mib
                   ? fmt::format("cma= at boot smaller by {} to {} MiB", least_mib, most_mib)
                   : fmt::format("cma= at boot smaller by {} MiB", least_mib);
  advice.why =
      fmt::format("{} more of ordinary memory would have passed the last try{}",
                  SizeText(kept.lacking_pages * event.page_kb()),
                  least_mib < most_mib ? "; all that was free of the area is the most" : "");
  advice.risk = "the device finds no large piece when it needs one";
  advice.check = "grep Cma /proc/meminfo while the device works";
  return advice;
}

Finding DescribeLastTry(const IncidentFacts& facts, const EventFacts& event,
                        const LastTryZone& kept) {
  Finding finding = DraftCause("cma", event);
  finding.confidence = Confidence::kMedium;
  finding.confidence_why =
      "what is free is CMA, and the last try may not use it; the tries before may";
  const std::string cma = SizeText(kept.cma_pages * event.page_kb());
  finding.title = fmt::format(
      "{} had {} free in {}, {} of it set aside for devices [CMA], which the last try before a "
      "kill may not use.",
      OnDayHost(facts, event), SizeText(*kept.check->free_pages * event.page_kb()),
      ZoneName(*kept.zone), cma);
  finding.brief = "what is free is set aside for devices [CMA], which the last try may not use";
  finding.explanation = fmt::format(
      "A movable request may use CMA, and with it {} pages stand above min. The kernel's last try "
      "before it kills asks for the high mark without CMA, and fails for that alone: {}. What is "
      "left beside CMA is used up. That the tries before took none of it, the text does not "
      "explain: a kernel with changes of its vendor may "
      "keep such requests out of it.",
      Thousands(*kept.check->usable_pages), LastTryWords(*kept.check));
  finding.advice.push_back(SmallerForLastTry(event, kept));
  finding.evidence.push_back(ZoneEvidence(event, *kept.zone));
  if (!kept.zone->cells.empty()) finding.evidence.push_back(FreeListEvidence(event, *kept.zone));
  return finding;
}

std::string Explain(const EventFacts& event, const KeptZone& kept) {
  const ZoneFacts& zone = *kept.zone;
  std::string words = fmt::format("{}: {} kB free", ZoneName(zone), Thousands(kept.free_kb));
  if (kept.cma_kb > 0)
    words += fmt::format(
        ", {}{} kB of it CMA",
        CountedCmaPages(event, zone) || ListIsCma(zone) ? "" : "by the free list at least ",
        Thousands(kept.cma_kb));
  if (zone.free_kb && PiecesAreCma(zone, event.rerun->request.order))
    words += "; all pieces of the asked size are CMA";
  return words + ".";
}

void SetWords(const IncidentFacts& facts, const EventFacts& event, const KeptZone& kept,
              Finding& finding) {
  const std::string size = PieceSize(event.page_kb() << event.rerun->request.order);
  finding.confidence = kept.most && !kept.other_lacks_piece && kept.zone->free_kb
                           ? Confidence::kHigh
                           : Confidence::kMedium;
  finding.confidence_why =
      kept.other_lacks_piece ? "another zone lies above its mark and lacks the piece without CMA"
      : !kept.zone->free_kb  ? "the free list is all CMA; the zone's line is not in the text"
      : kept.most            ? "zone line and request are of the same record"
                             : "only such pieces are left; why others are lacking is not in the "
                               "text";
  finding.title = fmt::format(
      "{} had {} free in {}, {} set aside for devices [CMA], which this request may not use.",
      OnDayHost(facts, event), SizeText(kept.free_kb), ZoneName(*kept.zone),
      kept.most ? SizeText(kept.cma_kb) + " of it"
                : fmt::format("but its pieces of {} and more are all", size));
  finding.brief = kept.most ? "what is free is set aside for devices [CMA]"
                            : "the large pieces are set aside for devices [CMA]";
  finding.explanation = Explain(event, kept);
}

}  // namespace

// Memory of contiguous areas [CMA] serves only movable requests: mm/page_alloc.c, ALLOC_CMA.
std::optional<Finding> RuleCma(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.rerun || event.rerun->request.assumed) continue;
    if (const std::optional<LastTryZone> last = FailedByCma(event))
      return DescribeLastTry(facts, event, *last);
    if (event.rerun->request.gfp.movable || event.rerun->served != false) continue;
    const std::optional<KeptZone> kept = KeptByCma(event);
    if (!kept) continue;
    Finding finding = DraftCause("cma", event);
    SetWords(facts, event, *kept, finding);
    if (kept->cma_kb >= kKbPerMib) {
      finding.advice.push_back(
          {fmt::format("cma= at boot smaller by up to {} MiB", kept->cma_kb / kKbPerMib),
           "that much of the area was free", "the device finds no large piece when it needs one",
           "grep Cma /proc/meminfo while the device works"});
    }
    finding.evidence.push_back(ZoneEvidence(event, *kept->zone));
    if (!kept->zone->cells.empty())
      finding.evidence.push_back(FreeListEvidence(event, *kept->zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
