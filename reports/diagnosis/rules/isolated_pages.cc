#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Reclaim makes others wait when more pages are taken off the lists than lie on the inactive ones
// (mm/vmscan.c, too_many_isolated()); an eighth of all is far beyond what one reclaimer takes.
constexpr double kMuchOfLists = 0.125;

}  // namespace

// Many pages in the hands of reclaim at once: many programs reclaimed at the same time.
std::optional<Finding> RuleIsolatedPages(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.oom || !IsShortage(event) || !event.mem || !event.mem->isolated_pages) continue;
    const MemInfoFacts& mem = *event.mem;
    const int64_t lists = mem.anon_pages.value_or(0) + mem.file_pages.value_or(0);
    if (lists == 0 || ShareOf(*mem.isolated_pages, lists) < kMuchOfLists) continue;
    Finding finding = DraftContext("isolated_pages", event);
    finding.confidence = Confidence::kLow;
    finding.confidence_why = "how many programs reclaimed at once is not in the text";
    finding.title =
        fmt::format("{}: {} were in the hands of reclaim at that moment [isolated].",
                    OnDayHost(facts, event), SizeText(*mem.isolated_pages * event.page_kb()));
    finding.brief = "many pages in the hands of reclaim";
    finding.explanation =
        "Many programs reclaimed at the same time. What they hold is neither free nor on the "
        "lists, "
        "so a kill may come too early.";
    finding.evidence.push_back(CounterEvidence(event, "isolated_anon:"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
