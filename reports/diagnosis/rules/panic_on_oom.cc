#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

bool PanicSaysSo(const EventFacts& event) {
  return event.crash && event.crash->title.find("panic_on_oom") != std::string::npos;
}

// A page fault whose memory a control group's limit refused is taken for a shortage of the host
// until 5.15 (mm/oom_kill.c, pagefault_out_of_memory(); 0b28179a6138 and 60e2793d440a, 5.16). With
// any setting but 0 it panics there itself in 2.6.32, in these words.
bool OfPageFault(const EventFacts& event) {
  return event.crash->title.find("out of memory from page fault") != std::string::npos;
}

std::string Explanation(const EventFacts& event, bool group) {
  if (!group) return "The setting [vm.panic_on_oom] is meant for clusters that fail over.";
  if (OfPageFault(event))
    return "Only the limit of a control group was hit. A page fault that it refused was taken for "
           "a "
           "shortage of the whole host, a known fault of kernels before 5.16, and any setting of "
           "vm.panic_on_oom but 0 makes that a panic.";
  return "Only the limit of a control group was hit, and the whole host went down for it "
         "[vm.panic_on_oom=2].";
}

}  // namespace

// The kernel panics instead of a kill where vm.panic_on_oom is set: with 1 only if the whole host
// is short, with 2 for bound requests and control groups too. mm/oom_kill.c, check_panic_on_oom().
// It panics as well where nothing could be killed, in other words.
std::optional<Finding> RulePanicOnOom(const IncidentFacts& facts) {
  bool group = false;
  for (const EventFacts& event : facts.events) {
    group = group || OfGroup(event);
    if (!PanicSaysSo(event)) continue;
    Finding finding = DraftContext("panic_on_oom", event);
    finding.role = Role::kContributing;
    finding.severity = Severity::kCritical;
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the panic's own words";
    finding.title =
        OnDayHost(facts, event) + " is set to stop with a panic rather than to kill a program.";
    finding.brief = "set to panic rather than to kill";
    finding.explanation = Explanation(event, group);
    if (group && OfPageFault(event))
      finding.brief = "a group's limit taken for a shortage of the host, and set to panic then";
    finding.advice.push_back({group && !OfPageFault(event)
                                  ? "vm.panic_on_oom=1, or 0 outside of a cluster"
                                  : "vm.panic_on_oom=0",
                              "then a program is killed and the host goes on",
                              "the host goes on with a program missing", "sysctl vm.panic_on_oom"});
    finding.evidence.push_back(FirstLineEvidence(event, "crash"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
