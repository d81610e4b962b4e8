#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "reports/diagnosis/call_words.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/gfp_rights.h"
#include "reports/diagnosis/min_free.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/rules/clean_cache.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/vmalloc_request.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/diagnosis/zone_terms.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// What shows that no zone had a page for the request.
enum class Proof {
  kFigures,    // every zone fails its test
  kCounter,    // by the counter `free:`; the list, which is read later, shows what was freed since
  kPartly,     // no zone is known to pass, and one is known to fail
  kBeside,     // by a memory report right behind the refusal, which prints none itself
  kMaybeKept,  // no more is free than may be kept for larger pieces; no list tells
  kMechanism,  // the refusal alone: no memory report is in the text
};

bool FailsByCounter(const Rerun& rerun) {
  bool any = false;
  for (const ZoneCheck& check : rerun.checks) {
    if (!check.eligible) continue;
    if (PassesByCounter(check) != false) return false;
    any = true;
  }
  return any && !rerun.lacks_zones;
}

std::optional<Proof> ProofOf(const EventFacts& event) {
  const Rerun& rerun = *event.rerun;
  if (rerun.served == false) return Proof::kFigures;
  if (FailsByCounter(rerun)) return Proof::kCounter;
  if (rerun.served == true) return std::nullopt;
  const bool fails =
      std::any_of(rerun.checks.begin(), rerun.checks.end(), [](const ZoneCheck& check) {
        return check.eligible && check.verdict == ZoneVerdict::kNotServed;
      });
  return fails ? std::optional(Proof::kPartly) : std::nullopt;
}

// A single page that cannot wait for reclaim is refused only where no zone has one for it. That is
// all that can be said if nothing else of the incident tells of memory, and if the request was not
// bound to some nodes or to low zones.
bool IsAlone(const IncidentFacts& facts, const EventFacts& event, const PieceRequest& request) {
  // A cpuset is printed for everybody; what it allows is most often all there is.
  const bool policy = !ParseNodeList(event.refusal->nodemask.value_or("")).empty();
  const bool bound = request.gfp.this_node || policy || request.gfp.highest < HighestZone::kNormal;
  const bool known = !request.gfp.names.empty() || event.refusal->gfp_mask.value_or(0) != 0;
  const bool printed = event.kind == "alloc_failure" && event.zones.empty();
  return printed && known && !bound &&
         std::none_of(facts.events.begin(), facts.events.end(), [](const EventFacts& other) {
           return other.oom || other.rerun || !other.kills.empty() || other.crash;
         });
}

// A refusal that prints no zones [SLUB], with those of the memory report that follows within a
// second, and the request's test run again on them; none if there is no such report or some zone
// might serve it.
std::optional<EventFacts> WithReportBehind(const IncidentFacts& facts, const EventFacts& event,
                                           const PieceRequest& request) {
  constexpr int64_t kSameMomentSeconds = 1;
  if (event.rerun || !event.zones.empty()) return std::nullopt;
  for (const EventFacts& report : facts.events) {
    if (report.kind != "mem_info" || !report.rerun || report.host != event.host) continue;
    const std::optional<int64_t> apart = SecondsFromTo(event, report);
    if (!apart || *apart < 0 || *apart > kSameMomentSeconds) continue;
    std::optional<EventFacts> joined(event);
    joined->mem = report.mem;
    joined->zones = report.zones;
    joined->page_size_kb = report.page_size_kb;
    joined->rerun = report.rerun;
    joined->rerun->request = request;
    joined->rerun->checks = CheckZones(facts, *joined, request);
    joined->rerun->served = AnyServed(joined->rerun->checks);
    if (joined->rerun->served == false && !report.rerun->lacks_zones) return joined;
  }
  return std::nullopt;
}

// Where even requests that may reclaim would get nothing, and reclaim has nothing left, it is not
// the reserve that was too small.
bool IsAllSpent(const IncidentFacts& facts, const EventFacts& event) {
  return event.rerun->refused_order == 0 && NothingToReclaim(facts, event);
}

// True if all that is free may be kept for larger pieces: a hundredth of each zone and one block of
// 2 MiB may be (mm/page_alloc.c since 4.4, reserve_highatomic_pageblock()), and no free list is
// printed, whose letters would tell.
bool MayAllBeKept(const IncidentFacts& facts, const EventFacts& event) {
  constexpr int64_t kBlockKb = 2048;
  if (!event.rerun || !KeepsAtomicFromPages(KernelOf(facts, event))) return false;
  bool any = false;
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    const ZoneCheck& check = event.rerun->checks[i];
    if (!check.eligible || check.verdict == ZoneVerdict::kNotServed) continue;
    const ZoneFacts& zone = event.zones[i];
    const Integer size_kb = zone.managed_kb ? zone.managed_kb : zone.present_kb;
    if (!zone.cells.empty() || !size_kb || !zone.free_kb) return false;
    if (*zone.free_kb > *size_kb / 100 + kBlockKb) return false;
    any = true;
  }
  return any;
}

// Free pages that are kept for larger atomic pieces, in the zones that the request may use; 0 where
// the kernel gives them to single pages too.
int64_t KeptFromPages(const IncidentFacts& facts, const EventFacts& event) {
  if (!event.rerun || !KeepsAtomicFromPages(KernelOf(facts, event))) return 0;
  int64_t pages = 0;
  for (std::size_t i = 0; i < event.zones.size() && i < event.rerun->checks.size(); ++i) {
    if (event.rerun->checks[i].eligible) pages += FreeAtomicPages(event, event.zones[i]);
  }
  return pages;
}

// ", but for 800 KiB that is kept for larger pieces [highatomic]"; where no figures are in the
// text, that some may have been.
std::string ButKeptWords(const IncidentFacts& facts, const EventFacts& event) {
  const int64_t kept_kb = KeptFromPages(facts, event) * event.page_kb();
  if (kept_kb > 0)
    return fmt::format(", but for {} that is kept for larger pieces [highatomic]",
                       SizeText(kept_kb));
  const bool may =
      (!event.rerun || MayAllBeKept(facts, event)) && KeepsAtomicFromPages(KernelOf(facts, event));
  return may ? ", as far as a single page may have it" : "";
}

void AddKeptFromPages(const IncidentFacts& facts, const EventFacts& event, Finding& finding) {
  if (ButKeptWords(facts, event).empty()) return;
  const int64_t pages = KeptFromPages(facts, event);
  finding.explanation += fmt::format(
      " {} for larger pieces that must not wait [highatomic], and this kernel gives a single page "
      "none of them.",
      pages > 0 ? fmt::format("{} free pages are kept", Thousands(pages))
                : "Pages may have been free that are kept");
  finding.advice.push_back(
      {"kernel 6.12 or newer, or 6.11.7, 6.6.60, 6.1.116 or 5.15.171 of the same series",
       "single pages that must not wait are then given what is kept for larger pieces",
       "a new kernel has to be tested", "grep -c 'page allocation failure' LOG"});
}

std::string Explain(const EventFacts& event, const PieceRequest& request, bool reserve,
                    Proof proof) {
  std::string words;
  if (proof == Proof::kMechanism)
    return "A request of one page that must not wait is refused only if no zone has a page for it, "
           "above the min mark or below as far as it may go. How much was free is not in the text.";
  if (proof == Proof::kMaybeKept) {
    words = "By the marks it would have passed:";
    for (const ZoneCheck& check : event.rerun->checks) {
      if (check.eligible) words += " " + CheckWords(check) + ".";
    }
    return words +
           " But that is no more than a hundredth of each zone, which the kernel may keep for "
           "larger pieces; the free lists would tell, and are not in the text.";
  }
  if (request.frees_memory)
    words =
        "The task frees memory itself [PF_MEMALLOC], so it may take all that is left, and even "
        "so there was no page:";
  else
    words = reserve ? "The request may go below the min mark, and not even there was a page:"
                    : "The request may neither reclaim nor go below the min mark, and above it was "
                      "no page:";
  for (const ZoneCheck& check : event.rerun->checks) {
    if (!check.eligible) continue;
    words += " " + CheckWords(check);
    if (proof == Proof::kCounter && check.from_list)
      words +=
          fmt::format(" (by the counter \"free:\", {} pages)", Thousands(*check.counter_pages));
    words += ".";
  }
  if (proof == Proof::kCounter)
    words +=
        " The counters are read first, right behind the refusal; the lists show what was freed "
        "since.";
  return words;
}

// The zone that would have passed the test of the request without the boost of its marks, and the
// boost in KiB. Until 5.9 a single page was not let off it (f80b08fc4453, also in 5.4.80).
std::pair<const ZoneFacts*, int64_t> FailedByBoost(const IncidentFacts& facts,
                                                   const EventFacts& event,
                                                   const PieceRequest& request) {
  const KernelVersion kernel = KernelOf(facts, event);
  if (!event.rerun || (kernel.known() && kernel.AtLeast(5, 9))) return {};
  const GfpRights rights = RightsOf(request.gfp, 0, RuleOf(kernel, event));
  const std::vector<ZoneCheck>& checks = event.rerun->checks;
  for (std::size_t i = 0; i < checks.size() && i < event.zones.size(); ++i) {
    const ZoneCheck& check = checks[i];
    const int64_t boost_kb = BoostKb(event.zones[i], kernel).value_or(0);
    if (!check.eligible || !check.usable_pages || boost_kb <= 0 || PassesFirstTest(check)) continue;
    const int64_t plain_pages = (*event.zones[i].min_kb - boost_kb) / event.page_kb();
    const int64_t needed_pages = MarkFor(plain_pages, rights) + check.reserve_pages.value_or(0);
    if (*check.usable_pages > needed_pages) return {&event.zones[i], boost_kb};
  }
  return {};
}

void AddBoost(const ZoneFacts& zone, int64_t boost_kb, Finding& finding) {
  finding.explanation += fmt::format(
      " The marks of {} hold a boost of {}, which the kernel adds for a while after it had to "
      "break "
      "up pieces; without it the zone would have had a page for the request. Kernels from 5.9 on, "
      "and 5.4 from 5.4.80, let such requests off the boost.",
      ZoneName(zone), SizeText(boost_kb));
  finding.advice.push_back(
      {"vm.watermark_boost_factor=0 (15000 by default), or a kernel from 5.9 or 5.4.80 on",
       "the marks are then not raised for such requests", "more fragmentation over time",
       "grep -c 'page allocation failure' LOG"});
}

// Since 4.6 the distance of the marks is a setting of its own (mm/page_alloc.c,
// __setup_per_zone_wmarks(): watermark_scale_factor).
void Advise(const IncidentFacts& facts, const EventFacts& event, bool reserve, Finding& finding) {
  if (reserve || !KernelOf(facts, event).AtLeast(4, 6)) {
    if (std::optional<Advice> advice = RaiseMinFree(facts, event))
      finding.advice.push_back(std::move(*advice));
    return;
  }
  finding.advice.push_back({"vm.watermark_scale_factor=50 (10 by default)",
                            "if it recurs: kswapd then keeps more free above min, by 0.5 % of each "
                            "zone up to low and as much up to high",
                            "up to 1 % of memory more stays free",
                            "grep -c 'page allocation failure' LOG"});
}

void SetWords(const IncidentFacts& facts, const EventFacts& event, const PieceRequest& request,
              Proof proof, Finding& finding) {
  const WatermarkRule rule = RuleOf(KernelOf(facts, event), event);
  const CallPath path = ReadCallPath(facts, event);
  const bool reserve = RightsOf(request.gfp, 0, rule).below_min();
  const std::string host = OnDayHost(facts, event);
  const char* const whose = request.frees_memory ? "even for a task that frees memory"
                                                 : "for requests that must not wait";
  finding.severity = HarmSeverity(path);
  const std::string but = reserve ? ButKeptWords(facts, event) : "";
  finding.title =
      reserve
          ? fmt::format("{} had used up the reserve {}{}{}.", host, whose, but, HarmlessWords(path))
          : fmt::format("{} had no page above the min mark for a request that must not wait{}.",
                        host, HarmlessWords(path));
  finding.brief = reserve ? fmt::format("reserve {} used up", whose)
                          : "nothing above the min mark for a request that must not wait";
  finding.explanation = Explain(event, request, reserve, proof);
  const std::string site = SiteWords(path, 0);
  if (!site.empty()) finding.explanation += " " + site;
  finding.explanation += " One such failure is tolerated by its caller.";
  if (const auto [zone, boost_kb] = FailedByBoost(facts, event, request); zone)
    AddBoost(*zone, boost_kb, finding);
  Advise(facts, event, reserve, finding);
  if (reserve) AddKeptFromPages(facts, event, finding);
}

void SetConfidence(Proof proof, Finding& finding) {
  const bool certain = proof == Proof::kFigures || proof == Proof::kCounter;
  finding.confidence = certain ? Confidence::kHigh : Confidence::kMedium;
  finding.confidence_why =
      proof == Proof::kFigures   ? "every zone fails its test on the figures of the same record"
      : proof == Proof::kCounter ? "every zone fails its test on the counters of the same record"
      : proof == Proof::kPartly  ? "not every zone's test is wholly in the text"
      : proof == Proof::kBeside
          ? "every zone fails its test on the figures of a report right behind"
      : proof == Proof::kMaybeKept
          ? "by the marks it would pass; that what is free is kept for larger pieces is likely"
          : "it follows from the mode alone; no memory report is in the text";
}

}  // namespace

// A single page that must not wait fails only when what it may use below or above the min mark is
// used up in every zone, while memory is there that reclaim could have given.
std::optional<Finding> RuleAtomicReserve(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const std::optional<PieceRequest> request =
        event.refusal ? RequestOf(facts, event) : std::nullopt;
    // Of many pages that are mapped together the sum lacks, whatever each of them may take.
    if (!request || request->order != 0 || LacksSum(event)) continue;
    if (request->gfp.may_reclaim && !request->frees_memory) continue;
    const std::optional<EventFacts> joined = WithReportBehind(facts, event, *request);
    const EventFacts& shown = joined ? *joined : event;
    std::optional<Proof> proof = event.rerun ? ProofOf(event) : std::nullopt;
    if (!event.rerun && IsAlone(facts, event, *request)) proof = Proof::kMechanism;
    if (joined) proof = Proof::kBeside;
    const bool below_min =
        RightsOf(request->gfp, 0, RuleOf(KernelOf(facts, event), event)).below_min();
    if (!proof && below_min && MayAllBeKept(facts, event)) proof = Proof::kMaybeKept;
    if (!proof || (shown.rerun && IsAllSpent(facts, shown))) continue;
    Finding finding;
    finding.rule = "atomic_reserve";
    finding.cause = "atomic_reserve";
    finding.role = Role::kPrimary;
    finding.event_id = event.id;
    SetConfidence(*proof, finding);
    SetWords(facts, shown, *request, *proof, finding);
    finding.evidence.push_back(HeaderEvidence(event));
    for (const ZoneFacts& zone : event.zones) finding.evidence.push_back(ZoneEvidence(event, zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
