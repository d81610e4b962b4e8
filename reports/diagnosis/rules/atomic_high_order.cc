#include <fmt/core.h>

#include <utility>

#include "reports/diagnosis/call_words.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/min_free.h"
#include "reports/diagnosis/rules/chronic.h"
#include "reports/diagnosis/rules/compact_ahead.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/rules/smaller_request.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

void Advise(const IncidentFacts& facts, const EventFacts& event, const CallPath& path,
            const PieceRequest& request, Finding& finding) {
  std::optional<Advice> site = SiteAdvice(facts, event, path);
  const bool reserve = site && site->act.find("vm.min_free_kbytes") != std::string::npos;
  if (site) finding.advice.push_back(std::move(*site));
  // The reserve is about how much is free: hardly ever does it hold such pieces.
  const bool large = request.order > kCostlyOrder;
  std::optional<Advice> smaller = SmallerRequest(facts, event, request);
  if (smaller && large && !path.network) finding.advice.push_back(std::move(*smaller));
  if (LacksOnlyPieces(event)) {
    finding.advice.push_back(
        CompactAhead(KernelOf(facts, event), event.page_kb() << event.rerun->request.order));
  } else if (!reserve && !(large && !event.rerun)) {
    if (std::optional<Advice> more = RaiseMinFree(facts, event)) {
      more->why += "; with more free there are more pieces, but none is made by it";
      finding.advice.push_back(std::move(*more));
    }
  }
  finding.explanation += " Its caller has to cope with a single refusal.";
}

Finding Describe(const IncidentFacts& facts, const EventFacts& event, const PieceRequest& request) {
  Finding finding;
  finding.rule = "atomic_high_order";
  finding.cause = "atomic_high_order";
  finding.role = Role::kPrimary;
  const CallPath path = ReadCallPath(facts, event);
  finding.severity = HarmSeverity(path);
  finding.event_id = event.id;
  const std::string piece = PieceWords(request.order, event.page_kb());
  finding.title = fmt::format("{} could not give {} to a request that must not wait{}.",
                              OnDayHost(facts, event), piece, HarmlessWords(path));
  finding.brief = "a piece for a request that must not wait";
  finding.explanation =
      "Such a request can neither reclaim nor compact, so it depends on the pieces that "
      "happen to be free.";
  if (event.rerun) {
    for (const ZoneCheck& check : event.rerun->checks) {
      if (check.eligible) finding.explanation += " " + CheckWords(check) + ".";
    }
  }
  const std::string site = SiteWords(path, request.order);
  if (!site.empty()) finding.explanation += " " + site;
  Advise(facts, event, path, request, finding);
  finding.evidence.push_back(HeaderEvidence(event));
  return finding;
}

}  // namespace

// No direct reclaim allowed, order 1 or more, while a single page would be had. Where memory
// reports of the same incident show that pieces are missing in general, that is the cause and this
// a symptom.
std::optional<Finding> RuleAtomicHighOrder(const IncidentFacts& facts) {
  if (ShowsFragmentation(facts)) return std::nullopt;
  for (const EventFacts& event : facts.events) {
    const std::optional<PieceRequest> request =
        event.refusal ? RequestOf(facts, event) : std::nullopt;
    const bool asks_piece = request && request->order >= 1 && !request->gfp.may_reclaim;
    if (!asks_piece || (request->gfp.names.empty() && !event.refusal->gfp_mask)) continue;
    if (event.rerun && event.rerun->single_served == false) continue;
    Finding finding = Describe(facts, event, *request);
    const bool decided =
        event.rerun && event.rerun->served == false && event.rerun->single_served == true;
    finding.confidence = decided ? Confidence::kHigh : Confidence::kMedium;
    if (!decided) finding.explanation += " How much was free at that moment is not in the text.";
    if (event.rerun && event.rerun->served == true) {
      finding.explanation =
          "By the printed figures it would pass: memory was freed before they were read.";
    }
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
