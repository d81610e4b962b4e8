#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/call_words.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/gfp_rights.h"
#include "reports/diagnosis/rules/clean_cache.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

// By the printed figures no zone passes, and at least one is known to fail.
bool AllFail(const Rerun& rerun) {
  if (rerun.served == true) return false;
  return std::any_of(rerun.checks.begin(), rerun.checks.end(), [](const ZoneCheck& check) {
    return check.eligible && check.verdict == ZoneVerdict::kNotServed;
  });
}

// Where even requests that may reclaim would get nothing, and reclaim has nothing left, it is not
// the reserve that was too small.
bool IsAllSpent(const IncidentFacts& facts, const EventFacts& event) {
  return event.rerun->refused_order == 0 && NothingToReclaim(facts, event);
}

void SetWords(const IncidentFacts& facts, const EventFacts& event, const CallPath& path,
              Finding& finding) {
  const WatermarkRule rule = RuleOf(KernelOf(facts, event), event.zones);
  const bool reserve = RightsOf(event.rerun->request.gfp, 0, rule).below_min();
  const std::string host = OnDayHost(facts, event);
  finding.title =
      reserve ? fmt::format("{} had used up the reserve for requests that must not wait{}.", host,
                            HarmlessWords(path))
              : fmt::format("{} had no page above the min mark for a request that must not wait{}.",
                            host, HarmlessWords(path));
  finding.brief = reserve ? "reserve for requests that must not wait used up"
                          : "nothing above the min mark for a request that must not wait";
  finding.explanation =
      reserve ? "The request may go below the min mark, and not even there was a page:"
              : "The request may neither reclaim nor go below the min mark, and above it was no "
                "page:";
  for (const ZoneCheck& check : event.rerun->checks) {
    if (check.eligible) finding.explanation += " " + CheckWords(check) + ".";
  }
  const std::string site = SiteWords(path, 0);
  if (!site.empty()) finding.explanation += " " + site;
  finding.recommendation = fmt::format(
      "If it recurs, raise {}; one such failure is tolerated by its caller. Risk: less memory for "
      "programs.",
      reserve || !KernelOf(facts, event).AtLeast(4, 6)
          ? "vm.min_free_kbytes (twice its present value)"
          : "vm.watermark_scale_factor (10 by default), so that kswapd keeps more free above min");
}

}  // namespace

// A single page that must not wait fails only when what it may use below or above the min mark is
// used up in every zone, while memory is there that reclaim could have given.
std::optional<Finding> RuleAtomicReserve(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal || !event.rerun || event.rerun->request.assumed) continue;
    const PieceRequest& request = event.rerun->request;
    if (request.gfp.may_reclaim || request.order != 0 || !AllFail(*event.rerun)) continue;
    if (IsAllSpent(facts, event)) continue;
    Finding finding;
    finding.rule = "atomic_reserve";
    finding.cause = "atomic_reserve";
    finding.role = Role::kPrimary;
    const CallPath path = ReadCallPath(facts, event);
    finding.severity = HarmSeverity(path);
    const bool certain = event.rerun->served == false;
    finding.confidence = certain ? Confidence::kHigh : Confidence::kMedium;
    finding.confidence_why = certain ? "every zone fails its test on the figures of the same record"
                                     : "not every zone's test is wholly in the text";
    finding.event_id = event.id;
    SetWords(facts, event, path, finding);
    finding.evidence.push_back(HeaderEvidence(event));
    for (const ZoneFacts& zone : event.zones) finding.evidence.push_back(ZoneEvidence(event, zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
