#include "reports/diagnosis/rules/notable_share.h"

#include <fmt/core.h>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr double kCauseShare = 1.0 / 3.0;

}  // namespace

std::optional<Finding> TellShare(const IncidentFacts& facts, const NotableShare& share) {
  for (const EventFacts& event : facts.events) {
    const Integer ram_kb = RamKb(facts, event);
    if (!IsShortage(event) || !event.mem || !ram_kb) continue;
    const Integer size_kb = share.size_kb(event);
    if (!size_kb) continue;
    const double part = ShareOf(*size_kb, *ram_kb);
    if (part < share.from || part > kCauseShare) continue;
    Finding finding = DraftContext(share.rule, event);
    finding.cause = std::string(HolderCause(share.kind));
    finding.severity = Severity::kMinor;
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "its size is printed; that it is more than usual is experience";
    finding.title =
        fmt::format("{}: {} held {} = {} % of RAM, which is much.", OnDayHost(facts, event),
                    HolderWords(share.kind), SizeText(*size_kb),
                    PercentNumber(static_cast<double>(*size_kb), static_cast<double>(*ram_kb)));
    finding.brief = fmt::format("{} held {}", HolderWords(share.kind), SizeText(*size_kb));
    finding.explanation = std::string(share.meaning);
    finding.evidence.push_back(CounterEvidence(event, HolderNeedle(share.kind)));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
