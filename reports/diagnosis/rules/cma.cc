#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// CMA must be the larger part of what is free to be the reason.
constexpr double kMostShare = 0.5;
constexpr int64_t kKbPerMib = 1024;

bool MostIsCma(const ZoneFacts& zone) {
  if (!zone.free_cma_kb) return false;
  const bool above_mark = *zone.free_kb > zone.min_kb.value_or(0);
  return above_mark && ShareOf(*zone.free_cma_kb, *zone.free_kb) > kMostShare;
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

// The zone that would serve the request if its free CMA were ordinary memory.
const ZoneFacts* KeptByCma(const EventFacts& event) {
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneFacts& zone = event.zones[i];
    if (!event.rerun->checks[i].eligible || !zone.free_kb) continue;
    if (MostIsCma(zone) || PiecesAreCma(zone, event.rerun->request.order)) return &zone;
  }
  return nullptr;
}

std::string Explain(const EventFacts& event, const ZoneFacts& zone) {
  std::string words = fmt::format("{}: {} kB free", ZoneName(zone), Thousands(*zone.free_kb));
  if (zone.free_cma_kb) words += fmt::format(", {} kB of it CMA", Thousands(*zone.free_cma_kb));
  if (PiecesAreCma(zone, event.rerun->request.order))
    words += "; all pieces of the asked size are CMA";
  return words + ".";
}

}  // namespace

// Memory of contiguous areas [CMA] serves only movable requests: mm/page_alloc.c, ALLOC_CMA.
std::optional<Finding> RuleCma(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.rerun || event.rerun->request.assumed || event.rerun->request.gfp.movable) continue;
    if (event.rerun->served != false) continue;
    const ZoneFacts* const zone = KeptByCma(event);
    if (!zone) continue;
    const bool most = MostIsCma(*zone);
    Finding finding = DraftCause("cma", event);
    finding.confidence = most ? Confidence::kHigh : Confidence::kMedium;
    finding.confidence_why =
        most ? "zone line and request are of the same record"
             : "only such pieces are left; why others are lacking is not in the text";
    const std::string size = PieceSize(event.page_kb() << event.rerun->request.order);
    finding.title = fmt::format(
        "{} had {} free, {} set aside for devices [CMA], which this request may not use.",
        OnDayHost(facts, event), SizeText(*zone->free_kb),
        most ? SizeText(*zone->free_cma_kb) + " of it"
             : fmt::format("but all of it in pieces of {} and more is", size));
    finding.brief = most ? "what is free is set aside for devices [CMA]"
                         : "the large pieces are set aside for devices [CMA]";
    finding.explanation = Explain(event, *zone);
    if (zone->free_cma_kb.value_or(0) >= kKbPerMib) {
      finding.advice.push_back(
          {fmt::format("cma= at boot smaller by up to {} MiB", *zone->free_cma_kb / kKbPerMib),
           "that much of the area was free", "the device finds no large piece when it needs one",
           "grep Cma /proc/meminfo while the device works"});
    }
    finding.evidence.push_back(ZoneEvidence(event, *zone));
    if (!zone->cells.empty()) finding.evidence.push_back(FreeListEvidence(event, *zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
