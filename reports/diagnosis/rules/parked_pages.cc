#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr double kMuchOfFree = 0.25;

}  // namespace

// Free pages on the lists of the CPUs, which no other CPU can take. Direct reclaim empties these
// lists (mm/page_alloc.c, __alloc_pages_direct_reclaim(), drain_all_pages()), a request that must
// not wait cannot.
std::optional<Finding> RuleParkedPages(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!IsShortage(event) || !event.mem || !event.mem->free_pcp_pages || !event.mem->free_pages)
      continue;
    const int64_t parked = *event.mem->free_pcp_pages;
    const bool short_of = event.rerun && event.rerun->served == false;
    if (!short_of || ShareOf(parked, *event.mem->free_pages) < kMuchOfFree) continue;
    Finding finding = DraftContext("parked_pages", event);
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the counter is printed; on which CPU they were is not";
    finding.title = fmt::format("{}: {} more were free, but on the lists of single CPUs.",
                                OnDayHost(facts, event), SizeText(parked * event.page_kb()));
    finding.brief = "free memory on the lists of single CPUs";
    finding.explanation = fmt::format(
        "{} pages beside {} free ones. Reclaim gives them back; a request that must not wait "
        "cannot have them.",
        Thousands(parked), Thousands(*event.mem->free_pages));
    finding.evidence.push_back(CounterEvidence(event, "free_pcp:"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
