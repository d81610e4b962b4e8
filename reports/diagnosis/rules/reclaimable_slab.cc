#include <fmt/core.h>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr double kMuchOfRam = 0.2;

}  // namespace

// Caches of names and inodes that could shrink, and did not: shrinkers may not enter file systems
// for a request without __GFP_FS, and entries of open files stay.
std::optional<Finding> RuleReclaimableSlab(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const Integer ram_kb = RamKb(facts, event);
    if (!IsShortage(event) || !event.mem || !event.mem->slab_reclaimable_pages || !ram_kb) continue;
    const int64_t size_kb = *event.mem->slab_reclaimable_pages * event.page_kb();
    if (ShareOf(size_kb, *ram_kb) < kMuchOfRam) continue;
    const bool no_fs = event.rerun && !event.rerun->request.assumed && !event.rerun->request.gfp.fs;
    Finding finding = DraftContext("reclaimable_slab", event);
    finding.severity = Severity::kMinor;
    finding.confidence = no_fs ? Confidence::kMedium : Confidence::kLow;
    finding.confidence_why = no_fs ? "the request may not enter file systems [no __GFP_FS]"
                                   : "why the caches did not shrink is not in the text";
    finding.title = fmt::format("{}: {} of kernel caches could have shrunk and did not.",
                                OnDayHost(facts, event), SizeText(size_kb));
    finding.brief = fmt::format("{} of caches that did not shrink", SizeText(size_kb));
    finding.explanation = no_fs ? "The request may not wait for a file system, and these caches "
                                  "belong to file systems."
                                : "Names and inodes stay while their files are open.";
    finding.evidence.push_back(CounterEvidence(event, "slab_reclaimable:"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
