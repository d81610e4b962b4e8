#include <fmt/core.h>

#include "base/text.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

// What the killer's own line gives as its reason, behind whom it killed: "low memory killer: killed
// a (pid 7): cache ...", "systemd-oomd: killed a.scope: memory pressure for ...". The name of a
// program may hold anything, so it is taken off whole.
std::string ReasonOf(const EventFacts& event) {
  if (event.kind != "userspace_kill") return "";
  std::string_view rest = event.title;
  if (event.comm && event.pid &&
      ConsumePrefix(
          rest, fmt::format("low memory killer: killed {} (pid {}): ", *event.comm, *event.pid)))
    return std::string(rest);
  if (!ConsumePrefix(rest, "systemd-oomd: killed ")) return "";
  for (const std::string_view start : {": memory pressure for ", ": memory used ("}) {
    const std::size_t at = rest.find(start);
    if (at != std::string_view::npos) return std::string(rest.substr(at + 2));
  }
  return "";
}

// drivers/staging/android/lowmemorykiller.c, lowmem_scan(): kills who has this oom_score_adj or
// more once free pages and page cache are both below the limit of that adj. Its head names the
// files of the module's parameters.
void DescribeCacheLimit(Finding& finding) {
  finding.brief = "the page cache was below the killer's limit [minfree]";
  finding.explanation =
      "This killer frees memory in time, by limits of its own: one for each range of "
      "oom_score_adj, so that what matters least goes first. Why memory was short it does not "
      "tell.";
  finding.advice.push_back(
      {"/sys/module/lowmemorykiller/parameters/minfree [pages] smaller, if it kills too early",
       "each number goes with one of adj beside it",
       "the device stalls, and the kernel's OOM killer has to act", "fewer such lines a day"});
}

// systemd.resource-control(5), oomd.conf(5).
void DescribePressure(Finding& finding) {
  finding.brief = "memory pressure was above systemd-oomd's limit";
  finding.explanation =
      "The pressure is the share of time in which programs of that control group waited for "
      "memory. Why memory was short it does not tell.";
  finding.advice.push_back(
      {"ManagedOOMMemoryPressureLimit= of that unit, or DefaultMemoryPressureLimit= of oomd.conf, "
       "larger, if it kills too early",
       "the kill comes later then", "programs wait for memory longer",
       "oomctl shows pressure and limit"});
}

// oomd.conf(5): SwapUsedLimit= is of memory and of swap alike.
void DescribeSwapLimit(Finding& finding) {
  finding.brief = "memory and swap were used beyond systemd-oomd's limit";
  finding.explanation =
      "It acts once both are used beyond the limit. Why memory was short it does not tell.";
  finding.advice.push_back(
      {"SwapUsedLimit= of oomd.conf larger, or more swap, if it kills too early",
       "the kill comes later then", "the kernel's OOM killer may have to act before it",
       "oomctl shows use and limit"});
}

void Describe(std::string_view reason, Finding& finding) {
  if (reason.starts_with("cache ")) return DescribeCacheLimit(finding);
  if (reason.starts_with("memory pressure for ")) return DescribePressure(finding);
  if (reason.starts_with("memory used (")) return DescribeSwapLimit(finding);
  finding.brief = "the killer's own reason: " + std::string(reason);
  finding.explanation = "Why memory was short it does not tell.";
}

}  // namespace

// Why a program that watches memory killed: the limit of its own that its line states.
std::optional<Finding> RuleUserspaceKill(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const std::string reason = ReasonOf(event);
    if (reason.empty()) continue;
    Finding finding = DraftContext("userspace_kill", event);
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = "the killer's own line states it";
    finding.title = fmt::format("{}: a program was killed by a limit of the killer's own: {}.",
                                OnDayHost(facts, event), reason);
    Describe(reason, finding);
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
