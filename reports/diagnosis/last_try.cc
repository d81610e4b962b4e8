#include "reports/diagnosis/last_try.h"

#include <optional>

#include "reports/diagnosis/gfp_rights.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/zone_terms.h"
#include "reports/diagnosis/zone_test.h"

namespace kautopsy {
namespace {

bool HasLastTry(const EventFacts& event, const PieceRequest& request) {
  if (!event.oom || request.assumed || event.oom->sysrq || event.oom->from_fault) return false;
  return event.oom->constraint_kind != "memcg";
}

PieceRequest WithoutRights(PieceRequest request) {
  request.gfp.may_reclaim = true;
  request.gfp.high = request.gfp.atomic = request.gfp.memalloc = false;
  request.gfp.movable = false;
  return request;
}

// EL6 from -431 applies to the loop over orders what the mark has more than min, which CheckZone()
// cannot tell here.
std::optional<bool> Outcome(const ZoneCheck& check, WatermarkRule rule) {
  if (check.verdict == ZoneVerdict::kUnknown) return std::nullopt;
  if (check.verdict == ZoneVerdict::kNotServed) return false;
  const bool loop = rule == WatermarkRule::kEl6Build431 && !check.steps.empty();
  return loop ? std::nullopt : std::optional(true);
}

}  // namespace

void AddLastTry(const EventFacts& event, const PieceRequest& request, const KernelVersion& kernel,
                std::vector<ZoneCheck>& checks) {
  if (!HasLastTry(event, request)) return;
  const PieceRequest plain = WithoutRights(request);
  const ZoneTerms terms(event, plain, kernel);
  for (std::size_t i = 0; i < checks.size() && i < event.zones.size(); ++i) {
    ZoneFacts raised = event.zones[i];
    if (!checks[i].eligible || !raised.high_kb || !raised.min_kb) continue;
    raised.min_kb = raised.high_kb;
    raised.boost_kb = 0;  // the printed high mark holds it
    const ZoneCheck last = CheckZone(event, raised, plain, terms);
    checks[i].last_try_pages = last.usable_pages;
    checks[i].last_try_cma_pages = last.cma_pages.value_or(0) - checks[i].cma_pages.value_or(0);
    checks[i].high_pages = last.mark_pages;
    checks[i].last_try_ok = Outcome(last, terms.rule());
  }
}

}  // namespace kautopsy
