#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

bool Stated(const EventFacts& event) {
  return event.oom &&
         (event.oom->constraint_kind == "cpuset" || event.oom->constraint_kind == "memory_policy");
}

// Free memory on the nodes that the request was not allowed to use.
int64_t FreeElsewhereKb(const EventFacts& event) {
  if (!event.rerun || event.rerun->request.nodes.empty()) return 0;
  const std::vector<int64_t>& allowed = event.rerun->request.nodes;
  int64_t kb = 0;
  for (const ZoneFacts& zone : event.zones) {
    const bool inside =
        zone.node && std::find(allowed.begin(), allowed.end(), *zone.node) != allowed.end();
    if (!inside) kb += zone.free_kb.value_or(0);
  }
  return kb;
}

}  // namespace

// CONSTRAINT_CPUSET and CONSTRAINT_MEMORY_POLICY are printed when the request may use only some
// nodes: mm/oom_kill.c, constrained_alloc().
std::optional<Finding> RuleNumaConstraint(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!Stated(event)) continue;
    const bool policy = event.oom->constraint_kind == "memory_policy";
    const int64_t elsewhere_kb = FreeElsewhereKb(event);
    Finding finding;
    finding.rule = "numa_constraint";
    finding.cause = "numa_constraint";
    finding.role = Role::kPrimary;
    finding.severity = Severity::kMajor;
    finding.confidence =
        event.rerun && event.rerun->served == false ? Confidence::kHigh : Confidence::kMedium;
    finding.event_id = event.id;
    finding.title =
        fmt::format("{} ran out of memory on the nodes that the request was bound to [{}].",
                    OnDayHost(facts, event), policy ? "mempolicy" : "cpuset");
    finding.brief = "memory of the allowed nodes used up";
    finding.explanation =
        fmt::format("The log states the binding. Nodes allowed: {}.",
                    event.oom->nodemask.value_or(event.oom->mems_allowed.value_or("?")));
    if (elsewhere_kb > 0) {
      finding.explanation += fmt::format(" {} were free on other nodes.", SizeText(elsewhere_kb));
    }
    finding.recommendation = policy ? "Widen the memory policy (numactl, libvirt numatune "
                                      "mode=preferred) if other nodes have room."
                                    : "Widen cpuset.mems of the group if other nodes have room.";
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
