#include "reports/diagnosis/rules/swapoff.h"

#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/call_sites.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// sys_swapoff, SyS_swapoff, __x64_sys_swapoff, __do_sys_swapoff.
bool IsOfSwapoff(const FrameFacts& frame) {
  const std::string_view symbol = PlainSymbol(frame.symbol);
  return symbol == "try_to_unuse" || symbol.ends_with("sys_swapoff") ||
         symbol.ends_with("SyS_swapoff");
}

std::string LeftWords(const Swapoff& swapoff) {
  if (!swapoff.left_kb) return "what is in it has to come back into RAM";
  return fmt::format("{}{} still had to come back into RAM", swapoff.whole ? "" : "at least ",
                     SizeText(*swapoff.left_kb));
}

Advice LookFirst(const KernelVersion& kernel) {
  // MemAvailable: fs/proc/meminfo.c since 3.14.
  const bool available = kernel.AtLeast(3, 14);
  return {fmt::format("do not run swapoff while {} of /proc/meminfo is less than the swap in use "
                      "[SwapTotal - SwapFree]",
                      available ? "MemAvailable" : "MemFree + Buffers + Cached - Shmem"),
          "each page of it must find room in RAM", "", "free -m, before it"};
}

}  // namespace

std::optional<Swapoff> SwapoffAt(const EventFacts& event) {
  Swapoff swapoff;
  swapoff.asked = event.oom && std::ranges::any_of(event.frames, IsOfSwapoff);
  const Integer free_kb = event.mem ? event.mem->free_swap_kb : std::nullopt;
  const Integer total_kb = event.mem ? event.mem->total_swap_kb : std::nullopt;
  swapoff.whole = total_kb == 0;
  if (free_kb.value_or(0) < 0) {
    swapoff.left_kb = -*free_kb;
  } else if (total_kb == 0 && event.tasks.swap_pages.value_or(0) > 0) {
    // Programs have pages in an area that is counted no more.
    swapoff.left_kb = *event.tasks.swap_pages * event.page_kb();
    swapoff.whole = false;
  }
  return swapoff.asked || swapoff.left_kb ? std::optional(swapoff) : std::nullopt;
}

// Somebody turned swap off while RAM was too full to take back what was in it.
std::optional<Finding> RuleSwapoff(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!IsShortage(event)) continue;
    const std::optional<Swapoff> swapoff = SwapoffAt(event);
    if (!swapoff) continue;
    Finding finding = DraftCause("manual", event);
    finding.rule = "swapoff";
    if (!swapoff->asked) finding.role = Role::kContributing;
    finding.confidence = Confidence::kHigh;
    finding.confidence_why = swapoff->left_kb
                                 ? "swap in use is printed beside no area that holds it"
                                 : "the call trace goes through swapoff";
    finding.title = fmt::format("{} ran short while somebody turned swap off [swapoff]: {}.",
                                OnDayHost(facts, event), LeftWords(*swapoff));
    finding.brief = fmt::format("swapoff was running: {}", LeftWords(*swapoff));
    finding.explanation =
        "swapoff takes the area away first and then reads its pages back into "
        "RAM. A human or a script of theirs does so; the kernel never does.";
    if (swapoff->asked) finding.explanation += " The request that got nothing is swapoff's own.";
    finding.advice.push_back(LookFirst(KernelOf(facts, event)));
    finding.evidence.push_back(swapoff->left_kb ? CounterEvidence(event, "Free swap")
                                                : HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
