#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/left_out.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/node_list.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

using Nodes = std::vector<int64_t>;

bool Contains(const Nodes& nodes, const Integer& node) {
  return node && std::find(nodes.begin(), nodes.end(), *node) != nodes.end();
}

// How a request was bound to some nodes of the machine.
struct Binding {
  bool stated = false;  // CONSTRAINT_..., else told by the list of nodes alone (before 5.0)
  bool policy = false;  // a memory policy, else a cpuset
  Text list;            // the nodes as printed; none if they are not in the text
  Nodes nodes;
};

// A policy's nodes are `nodemask`, a cpuset's `mems_allowed` (mm/oom_kill.c, constrained_alloc()).
// "(null)" is no list: the request had no policy.
Binding StatedBinding(const EventFacts& event) {
  const OomFacts& oom = *event.oom;
  Binding binding;
  binding.stated = true;
  binding.policy = oom.constraint_kind == "memory_policy";
  for (const Text* const list : {&oom.mems_allowed, &oom.nodemask}) {
    if (binding.policy && list != &oom.nodemask) continue;
    binding.nodes = ParseNodeList(list->value_or(""));
    if (binding.nodes.empty()) continue;
    binding.list = *list;
    break;
  }
  return binding;
}

// What the request's own lists of nodes say; no nodes if they bind it to none.
Binding PrintedBinding(const EventFacts& event) {
  Binding binding;
  if (!event.rerun || event.rerun->request.nodes.empty()) return binding;
  binding.nodes = event.rerun->request.nodes;
  const Text& nodemask = event.oom ? event.oom->nodemask : event.refusal->nodemask;
  const Text& mems = event.oom ? event.oom->mems_allowed : event.refusal->mems_allowed;
  binding.policy = !ParseNodeList(nodemask.value_or("")).empty();
  binding.list = binding.policy ? nodemask : mems;
  return binding;
}

struct Elsewhere {
  Integer free_kb;            // on the nodes that the request might not use; none if not known
  Nodes nodes;                // of those that are printed, the ones with most of it, rising
  bool only_movable = false;  // the allowed nodes have nothing but zone Movable
  const EventFacts* event = nullptr;  // whose figures these are
};

// The kernel prints the zones of the allowed nodes only, since it filters (2.6.39 on), but counts
// `free:` over all (mm/page_alloc.c, show_mem_node_skip(), show_free_areas()). Zones above those of
// the request, which are not printed either (6.1 on), may be of the allowed nodes.
Elsewhere LookElsewhere(const EventFacts& event, const Nodes& allowed) {
  // Counter and zones are read a moment apart.
  constexpr int64_t kDriftKb = 1024;
  constexpr double kDriftShare = 0.002;
  Elsewhere found;
  found.event = &event;
  if (allowed.empty()) return found;
  int64_t own_kb = 0;
  bool any = false;
  bool all = true;
  bool other_zone = false;
  for (const ZoneFacts& zone : event.zones) {
    if (Contains(allowed, zone.node)) {
      any = true;
      all = all && zone.free_kb;
      own_kb += zone.free_kb.value_or(0);
      other_zone = other_zone || zone.zone != "Movable";
      continue;
    }
    found.free_kb = found.free_kb.value_or(0) + zone.free_kb.value_or(0);
    const bool roomy = zone.free_kb.value_or(0) > zone.high_kb.value_or(0);
    if (roomy && zone.node && !Contains(found.nodes, zone.node)) found.nodes.push_back(*zone.node);
  }
  std::sort(found.nodes.begin(), found.nodes.end());
  found.only_movable = any && !other_zone;
  const Integer counted = event.mem ? event.mem->free_pages : std::nullopt;
  if (found.free_kb || !counted || !any || !all || LeftOutOf(event).above) return found;
  const int64_t rest_kb = *counted * event.page_kb() - own_kb;
  const auto drift_kb = static_cast<int64_t>(kDriftShare * static_cast<double>(own_kb)) + kDriftKb;
  found.free_kb = rest_kb > drift_kb ? rest_kb : 0;
  return found;
}

// The figures of the event, else of another run whose printed zones are all of the allowed nodes.
Elsewhere FiguresFor(const IncidentFacts& facts, const EventFacts& event, const Nodes& allowed) {
  Elsewhere own = LookElsewhere(event, allowed);
  if (own.free_kb || !event.zones.empty()) return own;
  for (const EventFacts& other : facts.events) {
    const bool same = !other.zones.empty() && other.oom && other.host == event.host &&
                      std::all_of(other.zones.begin(), other.zones.end(),
                                  [&](const auto& zone) { return Contains(allowed, zone.node); });
    if (!same) continue;
    Elsewhere found = LookElsewhere(other, allowed);
    if (found.free_kb) return found;
  }
  return own;
}

std::string NodeWords(const Nodes& nodes) {
  std::string words;
  for (const int64_t node : nodes) words += fmt::format("{}{}", words.empty() ? "" : ",", node);
  return words;
}

// "850 MiB were free on other nodes"; "at most" where zone lines may be lost.
std::string FreeWords(const EventFacts& event, const Elsewhere& elsewhere) {
  const std::string size = SizeText(*elsewhere.free_kb);
  const std::string sure = elsewhere.event->complete ? size : "at most " + size;
  const std::string when = elsewhere.event == &event ? "" : " at " + DayText(*elsewhere.event);
  return sure + " were free on other nodes" + when;
}

Advice Widen(const EventFacts& event, const Binding& binding, const Elsewhere& elsewhere) {
  Advice advice;
  const std::string now =
      binding.list ? fmt::format(" ({}now {})", binding.policy ? "nodes " : "", *binding.list) : "";
  const std::string more = NodeWords(elsewhere.nodes);
  if (binding.policy)
    advice.act = "numactl --preferred in place of --membind; for guests numatune mode='preferred'";
  else if (binding.list && !more.empty())
    advice.act = fmt::format("cpuset.mems={},{} for the group{}", *binding.list, more, now);
  else
    advice.act = fmt::format("add a node {}to cpuset.mems of the group{}",
                             elsewhere.only_movable ? "with an ordinary zone " : "", now);
  if (binding.policy) advice.act += now;
  advice.why = !elsewhere.free_kb ? "what other nodes had free is not in the text"
               : *elsewhere.free_kb > 0
                   ? FreeWords(event, elsewhere)
                   : "only then can it take from other nodes; they had nothing free at that moment";
  advice.risk = "access to memory of another node is slower";
  advice.check = "numastat -m: free of each node";
  return advice;
}

void Explain(const EventFacts& event, const Binding& binding, const Elsewhere& elsewhere,
             Finding& finding) {
  finding.explanation = binding.stated ? "The log states the binding." : "";
  if (binding.list) {
    finding.explanation += fmt::format("{}Nodes allowed: {} [{}].", binding.stated ? " " : "",
                                       *binding.list, binding.policy ? "nodemask" : "mems_allowed");
  }
  if (elsewhere.free_kb.value_or(0) > 0) {
    std::string words = FreeWords(event, elsewhere);
    if (words.front() == 'a') words.front() = 'A';
    finding.explanation += fmt::format(" {}.", words);
  }
  if (elsewhere.only_movable) {
    finding.explanation +=
        " The allowed nodes have only movable memory: the kernel can put none of its own data "
        "there, so killing programs does not help.";
  }
}

// True if what the allowed nodes have free is of no use to the request.
bool HasNoZone(const EventFacts& event, const Elsewhere& elsewhere) {
  return elsewhere.only_movable && event.rerun &&
         std::none_of(event.rerun->checks.begin(), event.rerun->checks.end(),
                      [](const ZoneCheck& check) { return check.eligible; });
}

Finding Describe(const IncidentFacts& facts, const EventFacts& event, const Binding& binding) {
  const Elsewhere elsewhere = FiguresFor(facts, event, binding.nodes);
  const bool empty = event.rerun && event.rerun->served == false;
  Finding finding = DraftCause("numa_constraint", event);
  finding.severity = event.oom ? Severity::kMajor : Severity::kMinor;
  finding.confidence = binding.stated && empty ? Confidence::kHigh : Confidence::kMedium;
  finding.confidence_why = !binding.stated ? "the allowed nodes are printed, not that they decided"
                           : empty ? "the log states the binding, and those nodes had nothing left"
                                   : "the log states the binding; that the nodes were empty does "
                                     "not follow from its figures";
  const std::string host = OnDayHost(facts, event);
  const char* const by = binding.policy ? "mempolicy" : "cpuset";
  if (HasNoZone(event, elsewhere)) {
    finding.title = fmt::format(
        "{} had only zone Movable, which the request may not use, on the nodes that it was bound "
        "to [{}].",
        host, by);
    finding.brief = "the allowed nodes have no zone for such a request, only Movable";
  } else {
    finding.title = fmt::format(
        "{} ran out of memory on the nodes that the request was bound to [{}].", host, by);
    finding.brief = "memory of the allowed nodes used up";
  }
  Explain(event, binding, elsewhere, finding);
  finding.advice.push_back(Widen(event, binding, elsewhere));
  finding.evidence.push_back(HeaderEvidence(event));
  return finding;
}

bool AllPrinted(const Nodes& nodes, const EventFacts& event) {
  const Nodes printed = NodesOf(event.zones);
  return std::all_of(nodes.begin(), nodes.end(),
                     [&](int64_t node) { return Contains(printed, node); });
}

// Kernels before 5.0 print no constraint, but the nodes. They bind where no zone of them has a page
// to spare and other nodes have more than they would keep.
bool BoundByList(const EventFacts& event) {
  const bool asks = (event.oom && !event.oom->constraint_kind && !event.oom->sysrq) ||
                    (event.refusal && event.refusal->kind == "failure");
  if (!asks || OfGroup(event) || !event.rerun || event.rerun->single_served != false) return false;
  const Nodes& allowed = event.rerun->request.nodes;
  const LeftOut left_out = LeftOutOf(event);
  int64_t elsewhere_kb = left_out.nodes ? left_out.free_kb : 0;
  int64_t kept_kb = 0;
  for (const ZoneFacts& zone : event.zones) {
    if (!Contains(allowed, zone.node)) elsewhere_kb += zone.free_kb.value_or(0);
    kept_kb += zone.high_kb.value_or(0);
  }
  return !allowed.empty() && AllPrinted(allowed, event) && elsewhere_kb > kept_kb;
}

}  // namespace

// CONSTRAINT_CPUSET and CONSTRAINT_MEMORY_POLICY are printed when the request may use only some
// nodes: mm/oom_kill.c, constrained_alloc().
std::optional<Finding> RuleNumaConstraint(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (StatesConstraint(event)) return Describe(facts, event, StatedBinding(event));
  }
  for (const EventFacts& event : facts.events) {
    if (BoundByList(event)) return Describe(facts, event, PrintedBinding(event));
  }
  return std::nullopt;
}

}  // namespace kautopsy
