#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

bool Stated(const EventFacts& event) {
  return event.oom &&
         (event.oom->constraint_kind == "cpuset" || event.oom->constraint_kind == "memory_policy");
}

bool Contains(const std::vector<int64_t>& nodes, const Integer& node) {
  return node && std::find(nodes.begin(), nodes.end(), *node) != nodes.end();
}

struct Elsewhere {
  int64_t free_kb = 0;         // on the nodes that the request was not allowed to use
  std::vector<int64_t> nodes;  // those that have most of it, rising
  bool only_movable = false;   // the allowed nodes have nothing but zone Movable
};

Elsewhere LookElsewhere(const EventFacts& event) {
  Elsewhere found;
  if (!event.rerun || event.rerun->request.nodes.empty()) return found;
  const std::vector<int64_t>& allowed = event.rerun->request.nodes;
  bool any = false;
  bool other_zone = false;
  for (const ZoneFacts& zone : event.zones) {
    if (Contains(allowed, zone.node)) {
      any = true;
      other_zone = other_zone || zone.zone != "Movable";
      continue;
    }
    found.free_kb += zone.free_kb.value_or(0);
    const bool roomy = zone.free_kb.value_or(0) > zone.high_kb.value_or(0);
    if (roomy && zone.node && !Contains(found.nodes, zone.node)) found.nodes.push_back(*zone.node);
  }
  std::sort(found.nodes.begin(), found.nodes.end());
  found.only_movable = any && !other_zone;
  return found;
}

std::string NodeWords(const std::vector<int64_t>& nodes) {
  std::string words;
  for (const int64_t node : nodes) words += fmt::format("{}{}", words.empty() ? "" : ",", node);
  return words;
}

Advice Widen(const EventFacts& event, const Elsewhere& elsewhere) {
  const bool policy = event.oom->constraint_kind == "memory_policy";
  const std::string allowed = event.oom->nodemask.value_or(event.oom->mems_allowed.value_or("?"));
  const std::string more = NodeWords(elsewhere.nodes);
  Advice advice;
  advice.act = policy ? "numactl --preferred in place of --membind; for guests numatune "
                        "mode='preferred'"
                      : fmt::format("cpuset.mems={}{} for the group (now {})", allowed,
                                    more.empty() ? "" : "," + more, allowed);
  advice.why =
      fmt::format("{} were free on nodes that it may not use", SizeText(elsewhere.free_kb));
  advice.risk = "access to memory of another node is slower";
  advice.check = "numastat -m: free of each node";
  return advice;
}

}  // namespace

// CONSTRAINT_CPUSET and CONSTRAINT_MEMORY_POLICY are printed when the request may use only some
// nodes: mm/oom_kill.c, constrained_alloc().
std::optional<Finding> RuleNumaConstraint(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!Stated(event)) continue;
    const bool policy = event.oom->constraint_kind == "memory_policy";
    const Elsewhere elsewhere = LookElsewhere(event);
    const bool empty = event.rerun && event.rerun->served == false;
    Finding finding = DraftCause("numa_constraint", event);
    finding.severity = Severity::kMajor;
    finding.confidence = empty ? Confidence::kHigh : Confidence::kMedium;
    finding.confidence_why = empty ? "the log states the binding, and those nodes had nothing left"
                                   : "the log states the binding; that the nodes were empty does "
                                     "not follow from its figures";
    finding.title =
        fmt::format("{} ran out of memory on the nodes that the request was bound to [{}].",
                    OnDayHost(facts, event), policy ? "mempolicy" : "cpuset");
    finding.brief = "memory of the allowed nodes used up";
    finding.explanation =
        fmt::format("The log states the binding. Nodes allowed: {}.",
                    event.oom->nodemask.value_or(event.oom->mems_allowed.value_or("?")));
    if (elsewhere.free_kb > 0) {
      finding.explanation +=
          fmt::format(" {} were free on other nodes.", SizeText(elsewhere.free_kb));
    }
    if (elsewhere.only_movable) {
      finding.explanation +=
          " The allowed nodes have only movable memory: the kernel can put none of its own data "
          "there, so killing programs does not help.";
    }
    if (!elsewhere.nodes.empty()) finding.advice.push_back(Widen(event, elsewhere));
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
