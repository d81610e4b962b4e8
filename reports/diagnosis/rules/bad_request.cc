#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// The buddy allocator has no pieces above MAX_ORDER - 1 (include/linux/mmzone.h: 10 by default, up
// to 13 on arm64 with 64 KiB pages), and nothing gives out more memory than the machine has.
constexpr int64_t kLargestOrderAnywhere = 13;

bool IsEmpty(const RefusalFacts& refusal) {
  return refusal.size_bytes == 0 && StageOf(refusal) == VmallocStage::kImpossible;
}

bool IsTooLarge(const IncidentFacts& facts, const RefusalFacts& refusal) {
  const int64_t size_kb = refusal.size_bytes.value_or(0) / 1024;
  const bool no_such_order = refusal.order && *refusal.order > kLargestOrderAnywhere;
  return size_kb < 0 || (facts.ram_kb && size_kb > *facts.ram_kb) || no_such_order ||
         StageOf(refusal) == VmallocStage::kImpossible;
}

void DescribeEmpty(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  finding.title = OnDayHost(facts, event) +
                  " was asked to map 0 bytes [vmalloc], which is refused whatever memory is free.";
  finding.brief = "0 bytes were asked for";
  finding.explanation =
      "A size of 0 is refused before any page is looked for [__vmalloc_node_range()]: the caller "
      "computed it wrongly, or should have asked for nothing.";
}

void DescribeTooLarge(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  const int64_t size_kb = event.refusal->size_bytes.value_or(0) / 1024;
  finding.title =
      OnDayHost(facts, event) + " was asked for more memory than can exist in one piece.";
  finding.brief = "the request cannot be met by any machine";
  finding.explanation = "The size asked for is beyond what the allocator gives out.";
  if (size_kb > 0 && facts.ram_kb && size_kb > *facts.ram_kb) {
    finding.explanation = fmt::format("{} were asked for; the machine has {}.", SizeText(size_kb),
                                      SizeText(*facts.ram_kb));
  }
}

std::string CallerOf(const RefusalFacts& refusal) {
  if (refusal.blame_module) return "module " + *refusal.blame_module;
  return refusal.blame_symbol ? *refusal.blame_symbol + "()" : "what the call trace names";
}

}  // namespace

std::optional<Finding> RuleBadRequest(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal) continue;
    const bool empty = IsEmpty(*event.refusal);
    if (!empty && !IsTooLarge(facts, *event.refusal)) continue;
    Finding finding = DraftCause("bad_request", event);
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the size itself shows it";
    empty ? DescribeEmpty(facts, event, finding) : DescribeTooLarge(facts, event, finding);
    finding.advice.push_back(
        {fmt::format("report it to the maintainers of {}", CallerOf(*event.refusal)),
         "the caller is wrong, not the memory", "", ""});
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
