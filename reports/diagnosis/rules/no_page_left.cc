#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Other rules know of zones that the request may not use, and of memory that is set aside.
bool AllForIt(const ZoneCheck& check) {
  return check.eligible && check.usable_pages && check.mark_pages &&
         check.cma_pages.value_or(0) == 0 && check.atomic_pages.value_or(0) == 0;
}

// A refusal of single pages that the kernel may reclaim for, whose zones all fail, without counters
// that would tell who holds the memory (RuleHostExhausted).
bool Applies(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.refusal || event.waits() || !event.rerun || BalanceTotalKb(facts, event)) return false;
  const Rerun& rerun = *event.rerun;
  const PieceRequest& request = rerun.request;
  const bool single = request.order == 0 && !request.assumed && request.gfp.may_reclaim;
  if (!single || rerun.lacks_zones || rerun.served != false) return false;
  return std::all_of(rerun.checks.begin(), rerun.checks.end(), AllForIt);
}

std::string WhatWords(const EventFacts& event) {
  constexpr int64_t kBytesPerKb = 1024;
  const Integer& bytes = event.refusal->size_bytes;
  if (!LacksSum(event) || !bytes) return "";
  return fmt::format("was asked for {} in single pages [vmalloc], and ",
                     SizeText(*bytes / kBytesPerKb));
}

}  // namespace

// Only the zones of the report are left; they show that no page was to be had.
std::optional<Finding> RuleNoPageLeft(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!Applies(facts, event)) continue;
    Finding finding = DraftCause("host_exhausted", event);
    finding.rule = "no_page_left";
    finding.when = DayText(event);
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "every zone shows it; who holds the memory is not in the text";
    finding.title = fmt::format("{} {}had no page above the marks of its zones.",
                                OnDayHost(facts, event), WhatWords(event));
    finding.brief = "no zone had a page above its mark";
    finding.explanation =
        "What was free below the marks is kept for requests that must not wait. Who holds the "
        "rest, and what of it could have been dropped, is not in the text: its counters are "
        "missing.";
    for (const ZoneFacts& zone : event.zones) finding.evidence.push_back(ZoneEvidence(event, zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
