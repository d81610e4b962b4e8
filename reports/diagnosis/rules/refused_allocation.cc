#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "reports/diagnosis/call_words.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/refusal_rate.h"
#include "reports/diagnosis/rules/host_advice.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshots.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

struct Candidate {
  const RefusalGroup* group = nullptr;
  PieceRequest request;
  CallPath path;
};

// The refusals that did most harm; of equal ones the most frequent, then the first.
std::optional<Candidate> Worst(const IncidentFacts& facts,
                               const std::vector<RefusalGroup>& groups) {
  std::optional<Candidate> worst;
  for (const RefusalGroup& group : groups) {
    const std::optional<PieceRequest> request = RequestOf(facts, *group.first);
    if (!request) continue;
    Candidate candidate{&group, *request, ReadCallPath(facts, *group.first)};
    const Severity severity = HarmSeverity(candidate.path);
    const Severity so_far = worst ? HarmSeverity(worst->path) : Severity::kInfo;
    if (worst && (severity < so_far || (severity == so_far && group.count <= worst->group->count)))
      continue;
    worst = std::move(candidate);
  }
  return worst;
}

std::string WaitWords(const EventFacts& event) {
  const Integer& stall_ms = event.refusal->stall_ms;
  return stall_ms ? "had to wait for " + WaitText(*stall_ms) : "had to wait";
}

std::string TitleOf(const IncidentFacts& facts, const Candidate& worst) {
  const EventFacts& event = *worst.group->first;
  const Integer& bytes = event.refusal->size_bytes;
  const VmallocStage stage = StageOf(*event.refusal);
  const bool mapped = bytes && stage != VmallocStage::kNone && stage != VmallocStage::kLargePages;
  return fmt::format("{}: {} {}{}{}.", OnDayHost(facts, event),
                     mapped ? SizeText(*bytes / 1024) + " in single pages [vmalloc]"
                            : PieceWords(worst.request.order, event.page_kb()),
                     event.waits() ? WaitWords(event) : "was refused",
                     worst.path.driver.empty() ? "" : " to " + worst.path.driver,
                     HarmlessWords(worst.path));
}

std::string ExplanationOf(const Candidate& worst, std::size_t kinds) {
  const EventFacts& event = *worst.group->first;
  std::string text = fmt::format(
      "mode {}{}", GfpWords(event.refusal->gfp_mask, worst.request.gfp),
      worst.request.gfp.may_reclaim ? "." : ": must not wait, so it cannot reclaim or compact.");
  for (const std::string& more :
       {SiteWords(worst.path, worst.request.order), worst.path.meaning, RateWords(*worst.group)}) {
    if (!more.empty()) text += " " + more;
  }
  if (kinds == 2) text += " A request of another kind was refused, too.";
  if (kinds > 2) text += fmt::format(" Requests of {} other kinds were refused, too.", kinds - 1);
  return text;
}

bool IsReserve(const Advice& advice) {
  return advice.act.find("vm.min_free_kbytes") != std::string::npos;
}

// Where the reserve is the cause, or is known not to be, that finding has the say about it.
void Advise(const IncidentFacts& facts, const Candidate& worst, Finding& finding) {
  const bool told = RuleAtomicReserve(facts) || RuleAtomicHighOrder(facts);
  std::optional<Advice> site = SiteAdvice(facts, *worst.group->first, worst.path);
  std::optional<Advice> reserve;
  if (!told && finding.severity > Severity::kInfo)
    reserve = HostReserve(facts, CollectSnapshots(facts));
  if (site && !(reserve && IsReserve(*site))) finding.advice.push_back(std::move(*site));
  if (reserve) finding.advice.push_back(std::move(*reserve));
}

}  // namespace

// What a refused allocation means for whoever asked.
std::optional<Finding> RuleRefusedAllocation(const IncidentFacts& facts) {
  const std::vector<RefusalGroup> groups = GroupRefusals(facts);
  const std::optional<Candidate> worst = Worst(facts, groups);
  if (!worst) return std::nullopt;
  const EventFacts& event = *worst->group->first;
  Finding finding;
  finding.rule = "refused_allocation";
  if (worst->request.order >= 1 && !worst->request.gfp.may_reclaim)
    finding.cause = "atomic_high_order";
  finding.role = Role::kContext;
  finding.severity = HarmSeverity(worst->path);
  finding.confidence = Confidence::kMedium;
  finding.event_id = event.id;
  finding.when = DayText(event);
  finding.title = TitleOf(facts, *worst);
  const bool waited = event.waits();
  finding.brief = waited ? "a request " + WaitWords(event) : "a request was refused";
  if (worst->path.harm == Harm::kHarmless) finding.brief += ", without harm";
  finding.explanation = ExplanationOf(*worst, groups.size());
  Advise(facts, *worst, finding);
  finding.evidence.push_back(HeaderEvidence(event));
  return finding;
}

}  // namespace kautopsy
