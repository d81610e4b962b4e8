#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Half of the programs' memory: then their memory is largely what huge pages made of it.
constexpr double kMostOfAnon = 0.5;

}  // namespace

// Memory of programs in transparent huge pages: a program that touches one page of 4 KiB gets 2
// MiB.
std::optional<Finding> RuleHugeAnon(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.oom || !IsUsedUp(event) || !event.mem || !event.mem->anon_pages) continue;
    int64_t huge_kb = 0;
    for (const NodeFacts& node : event.nodes) huge_kb += node.anon_thp_kb.value_or(0);
    const int64_t anon_kb = *event.mem->anon_pages * event.page_kb();
    if (ShareOf(huge_kb, anon_kb) < kMostOfAnon) continue;
    Finding finding = DraftContext("huge_anon", event);
    finding.confidence = Confidence::kLow;
    finding.confidence_why = "how much of it the programs use is not in the text";
    finding.title = fmt::format("{}: {} of {} of the programs' memory are huge pages [THP].",
                                OnDayHost(facts, event), SizeText(huge_kb), SizeText(anon_kb));
    finding.brief = "programs' memory in huge pages";
    finding.explanation =
        "A program that touches 4 KiB may get 2 MiB, so programs with scattered memory hold more "
        "than they use.";
    finding.advice.push_back({"echo madvise > /sys/kernel/mm/transparent_hugepage/enabled",
                              "only programs that ask for huge pages get them",
                              "slower memory for large programs",
                              "AnonHugePages and the programs' size after they are started again"});
    finding.evidence.push_back(CounterEvidence(event, "anon_thp:"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
