#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {

// The buddy allocator has no pieces above MAX_ORDER - 1 (include/linux/mmzone.h: 10 by default, up
// to 13 on arm64 with 64 KiB pages), and nothing gives out more memory than the machine has.
constexpr int64_t kLargestOrderAnywhere = 13;

std::optional<Finding> RuleBadRequest(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal) continue;
    const RefusalFacts& refusal = *event.refusal;
    const int64_t size_kb = refusal.size_bytes.value_or(0) / 1024;
    const bool too_large = size_kb < 0 || (facts.ram_kb && size_kb > *facts.ram_kb);
    const bool no_such_order = refusal.order && *refusal.order > kLargestOrderAnywhere;
    if (!too_large && !no_such_order) continue;
    Finding finding;
    finding.rule = "bad_request";
    finding.cause = "bad_request";
    finding.role = Role::kPrimary;
    finding.severity = Severity::kMinor;
    finding.confidence = Confidence::kHigh;
    finding.event_id = event.id;
    finding.title =
        OnDayHost(facts, event) + " was asked for more memory than can exist in one piece.";
    finding.brief = "the request cannot be met by any machine";
    finding.explanation = "The size asked for is beyond what the allocator gives out.";
    if (too_large && size_kb > 0) {
      finding.explanation = fmt::format("{} were asked for; the machine has {}.", SizeText(size_kb),
                                        SizeText(facts.ram_kb.value_or(0)));
    }
    finding.confidence_why = "the size itself shows it";
    finding.advice.push_back({"report it to the maker of what the call trace names",
                              "the caller is wrong, not the memory", "", ""});
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
