#include "reports/diagnosis/rules/pod_limit.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "reports/format.h"

namespace kautopsy {
namespace {

// The names that the kubelet gives these groups, by cgroupfs and by systemd, whose slices have the
// names of those above in their own: design proposal "Kubelet pod level resource management";
// kubernetes.io, "Reserve Compute Resources for System Daemons".
bool IsOfAllPods(std::string_view group) {
  if (group.find("kubepods") == std::string_view::npos) return false;
  std::string_view last = group.substr(group.rfind('/') + 1);
  constexpr std::string_view kSlice = ".slice";
  if (last.ends_with(kSlice)) last.remove_suffix(kSlice.size());
  static constexpr auto kNames =
      std::to_array<std::string_view>({"kubepods", "besteffort", "burstable"});
  return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) {
    return last == name || last.ends_with("-" + std::string(name));
  });
}

// Of the largest program that was killed: the one that grew, as far as the text tells.
std::string GrownPod(const EventFacts& event) {
  const auto largest = std::max_element(
      event.kills.begin(), event.kills.end(), [](const KillFacts& one, const KillFacts& other) {
        return one.RssKb().value_or(0) < other.RssKb().value_or(0);
      });
  if (largest == event.kills.end()) return "the pod that grew";
  std::string words = "the pod of " + VictimName(*largest);
  if (largest->RssKb()) words += ", which held " + SizeText(*largest->RssKb());
  return words;
}

}  // namespace

bool OfAllPods(const EventFacts& event) {
  return event.oom && event.oom->oom_memcg && IsOfAllPods(*event.oom->oom_memcg);
}

bool OfPod(const EventFacts& event) {
  return event.oom && event.oom->oom_memcg && !OfAllPods(event) &&
         event.oom->oom_memcg->find("kubepods") != std::string::npos;
}

// pkg/kubelet/cm/node_container_manager.go, getNodeAllocatableAbsolute(): capacity less
// kube-reserved and system-reserved. The threshold of eviction is not taken off there.
void AdviseNode(const EventFacts& event, Finding& finding) {
  const Text& task_group = event.oom->task_memcg;
  const bool best_effort = task_group && task_group->find("besteffort") != std::string::npos;
  finding.advice.push_back(
      {fmt::format("memory limit [resources.limits.memory] for {}", GrownPod(event)),
       std::string(best_effort ? "it has none [best effort]; " : "") +
           "with one it alone is killed, before all pods together use up the node",
       "it is killed when it needs more", "kubectl describe node: Allocated resources"});
  finding.advice.push_back(
      {"larger node, or fewer pods on it",
       "the kubelet sets the limit of this group: what the node has beside what is kept for the "
       "system [kube-reserved, system-reserved]; it would overwrite another value",
       "", "kubectl describe node: Allocatable"});
}

}  // namespace kautopsy
