#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr double kMuchOfFree = 0.1;

// How much of a zone's free memory lies in blocks that are kept for atomic requests.
struct Kept {
  int64_t kb = 0;
  bool exact = false;
  bool counted = false;  // none does, but the kernel's test leaves out the whole reserve
};

// The counter says it; else the letters of the free list, where pieces of several kinds share one
// cell (mm/page_alloc.c, show_migration_types(): H).
Kept KeptOf(const ZoneFacts& zone, const ZoneCheck& check, int64_t page_kb) {
  if (zone.free_highatomic_kb) return {*zone.free_highatomic_kb, true, false};
  const int64_t left_out_kb = check.atomic_pages.value_or(0) * page_kb;
  const int64_t reserved_kb = zone.reserved_highatomic_kb.value_or(0);
  int64_t alone_kb = 0;
  int64_t mixed_kb = 0;
  bool letters = false;
  for (const FreeCell& cell : zone.cells) {
    if (!cell.migrate_types || cell.count == 0) continue;
    letters = true;
    if (cell.migrate_types->find('H') == std::string::npos) continue;
    mixed_kb += cell.count * cell.block_kb;
    if (cell.migrate_types == "H") alone_kb += cell.count * cell.block_kb;
  }
  if (!letters || ListIsCut(zone)) return {std::max(reserved_kb, left_out_kb), false, false};
  if (mixed_kb == 0) return {left_out_kb, true, true};
  const int64_t most_kb = std::min(mixed_kb, reserved_kb);
  return {most_kb, alone_kb >= most_kb, false};
}

void SetWords(const ZoneFacts& zone, const Kept& kept, const std::string& host, Finding& finding) {
  const std::string size = SizeText(kept.kb);
  finding.confidence = kept.exact ? Confidence::kHigh : Confidence::kMedium;
  finding.confidence_why = kept.exact ? "the zone's lines print how much of it is free"
                                      : "how much of the reserve is free is not printed";
  finding.brief = fmt::format("{} kept for requests that must not wait", size);
  if (kept.counted) {
    finding.title = fmt::format(
        "{}: the kernel counted {} of {} as kept for requests that must not wait, "
        "though none of it was free.",
        host, size, ZoneName(zone));
    finding.explanation =
        "Its test leaves out the whole reserve [highatomic], free or not (kernels before 6.12), so "
        "it refuses requests that the free memory would serve.";
    finding.advice.push_back({"kernel 6.12 or newer", "it leaves out what is free of it only",
                              "a new kernel has to be tested", "the same load: no kill"});
    return;
  }
  finding.title = fmt::format("{}: {}{} of {} are kept for requests that must not wait.", host,
                              kept.exact ? "" : "up to ", size, ZoneName(zone));
  finding.explanation =
      fmt::format("{} has {} free; what is kept [highatomic] does not serve this request.",
                  ZoneName(zone), SizeText(*zone.free_kb));
}

}  // namespace

// Page blocks that are kept for requests that must not wait [highatomic], at most about 1 % of a
// zone: mm/page_alloc.c, reserve_highatomic_pageblock(). Others may not use them. The kernel gives
// them up before it kills (should_reclaim_retry(), unreserve_highatomic_pageblock()), so at a kill
// little should be left of them. Since 6.12 (c928807f6f6b) only what is free of them is left out.
std::optional<Finding> RuleKeptForAtomic(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!IsShortage(event) || !event.rerun || event.rerun->served != false) continue;
    const GfpMeaning& gfp = event.rerun->request.gfp;
    if (gfp.high || event.rerun->request.assumed) continue;
    for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
      const ZoneFacts& zone = event.zones[i];
      if (!event.rerun->checks[i].eligible || !zone.free_kb) continue;
      const Kept kept = KeptOf(zone, event.rerun->checks[i], event.page_kb());
      if (kept.kb == 0 || ShareOf(kept.kb, *zone.free_kb) < kMuchOfFree) continue;
      Finding finding = DraftContext("kept_for_atomic", event);
      SetWords(zone, kept, OnDayHost(facts, event), finding);
      finding.evidence.push_back(ZoneEvidence(event, zone));
      return finding;
    }
  }
  return std::nullopt;
}

}  // namespace kautopsy
