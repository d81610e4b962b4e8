#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Far more than what is freed between the last try and the report.
constexpr int64_t kPlentyTimesHigh = 20;

// An OOM report without the request's nodes and without a constraint: kernels before 4.9 print
// neither (mm/oom_kill.c, dump_header(); 82e7d3abec86 "oom: print nodemask in the oom report"). A
// page fault that was refused by the limit of a control group gets here, too, and is another fault.
bool HidesPolicy(const IncidentFacts& facts, const EventFacts& event) {
  if (KernelOf(facts, event).AtLeast(4, 9)) return false;
  return event.oom && event.rerun && !event.rerun->request.assumed && !event.oom->nodemask &&
         !event.oom->constraint_kind && !event.oom->from_fault && IsShortage(event);
}

bool HasPlenty(const EventFacts& event, const ZoneCheck& check) {
  if (!check.last_try_ok.value_or(false) || !check.high_pages || !check.node) return false;
  return *check.last_try_pages * event.page_kb() >=
         kPlentyTimesHigh * *check.high_pages * event.page_kb();
}

// An ordinary zone below its min mark, on a node that has no zone for the request.
const ZoneCheck* FullNode(const EventFacts& event) {
  const std::vector<ZoneCheck>& checks = event.rerun->checks;
  const auto is_full = [&](const ZoneCheck& check) {
    if (!check.eligible || !check.node || !check.usable_pages || !IsOrdinaryZone(check.zone))
      return false;
    return std::none_of(checks.begin(), checks.end(), [&](const ZoneCheck& other) {
      return other.node == check.node && (!other.usable_pages || PassesFirstTest(other));
    });
  };
  const auto found = std::find_if(checks.begin(), checks.end(), is_full);
  return found == checks.end() ? nullptr : &*found;
}

}  // namespace

// Plenty on other nodes and yet a kill: what binds the request, most likely a memory policy, is not
// printed.
std::optional<Finding> RuleUnprintedPolicy(const IncidentFacts& facts) {
  bool killed = false;  // what a victim gave back a moment before may be what is free
  for (const EventFacts& event : facts.events) {
    const bool after_kill = killed;
    killed = killed || !event.kills.empty();
    if (after_kill || !HidesPolicy(facts, event)) continue;
    const ZoneCheck* const full = FullNode(event);
    if (!full) continue;
    int64_t plenty_kb = 0;
    for (const ZoneCheck& check : event.rerun->checks) {
      if (check.node != full->node && HasPlenty(event, check))
        plenty_kb += *check.last_try_pages * event.page_kb();
    }
    if (plenty_kb == 0) continue;
    Finding finding = DraftCause("numa_constraint", event);
    finding.rule = "unprinted_policy";
    finding.severity = Severity::kMajor;
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the figures leave little else; this kernel does not print the policy";
    finding.title = fmt::format(
        "{} killed with {} free on other nodes; node {} was used up, and most likely the request "
        "was bound to it [mempolicy].",
        OnDayHost(facts, event), SizeText(plenty_kb), *full->node);
    finding.brief = fmt::format("node {} used up, to which a policy likely binds", *full->node);
    finding.explanation = fmt::format(
        "{}. What other nodes had free is far above their marks, so it was not freed in between. "
        "Kernels before 4.9 do not print the nodes of a policy.",
        CheckWords(*full));
    finding.advice.push_back(
        {fmt::format("grep -E 'bind|prefer' /proc/{}/numa_maps | head; the command line (numactl "
                     "--membind), numatune of the guest",
                     event.oom->invoker_pid ? std::to_string(*event.oom->invoker_pid) : "PID"),
         "shows what binds it", "", "'prefer' in place of 'bind' lets it use other nodes"});
    finding.advice.push_back({"numastat -m", "shows what fills that node", "",
                              fmt::format("free of node {} in /proc/zoneinfo", *full->node)});
    finding.evidence.push_back(HeaderEvidence(event));
    for (const ZoneFacts& zone : event.zones)
      if (IsOrdinaryZone(zone.zone)) finding.evidence.push_back(ZoneEvidence(event, zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
