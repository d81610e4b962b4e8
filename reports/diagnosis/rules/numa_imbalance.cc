#include <fmt/core.h>

#include <map>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

struct NodeState {
  int64_t free_kb = 0;
  int64_t low_kb = 0;
  int64_t high_kb = 0;
  const ZoneFacts* zone = nullptr;  // its last ordinary one
};

constexpr int64_t kRoomyTimesHigh = 2;

std::map<int64_t, NodeState> NodesOf(const EventFacts& event) {
  std::map<int64_t, NodeState> nodes;
  for (const ZoneFacts& zone : event.zones) {
    if (!zone.node || !IsOrdinaryZone(zone.zone) || !zone.free_kb || !zone.high_kb) continue;
    NodeState& node = nodes[*zone.node];
    node.free_kb += *zone.free_kb;
    node.low_kb += zone.low_kb.value_or(*zone.high_kb);
    node.high_kb += *zone.high_kb;
    node.zone = &zone;
  }
  return nodes;
}

}  // namespace

// One node below its low mark while another has plenty. A request that is bound to no node falls
// back to the other (mm/page_alloc.c, get_page_from_freelist()), so this is no cause of its kill.
std::optional<Finding> RuleNumaImbalance(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (OfGroup(event)) continue;
    const NodeState* short_of = nullptr;
    const NodeState* roomy = nullptr;
    const std::map<int64_t, NodeState> nodes = NodesOf(event);
    for (const auto& [number, node] : nodes) {
      if (!short_of && node.free_kb <= node.low_kb) short_of = &node;
      if (!roomy && node.free_kb >= kRoomyTimesHigh * node.high_kb) roomy = &node;
    }
    if (!short_of || !roomy) continue;
    Finding finding = DraftContext("numa_imbalance", event);
    finding.severity = Severity::kMinor;
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "figures of one record";
    finding.title = fmt::format("{}: node {} had {} free, node {} {}.", OnDayHost(facts, event),
                                *short_of->zone->node, SizeText(short_of->free_kb),
                                *roomy->zone->node, SizeText(roomy->free_kb));
    finding.brief = fmt::format("memory free on node {} only", *roomy->zone->node);
    finding.explanation =
        "A request that is bound to no node takes from the other one, so this alone kills nothing; "
        "it explains swapping, slow access, and failures of requests that are bound to a node.";
    finding.advice.push_back({"numastat -m; virsh numatune for guests that are bound to a node",
                              "shows what fills that node", "",
                              "free of both nodes in /proc/zoneinfo"});
    finding.evidence.push_back(ZoneEvidence(event, *short_of->zone));
    finding.evidence.push_back(ZoneEvidence(event, *roomy->zone));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
