#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// mm/percpu.c, pcpu_alloc(): why it failed, in its own words.
constexpr std::string_view kNotReady = "atomic alloc failed, no space left";
constexpr std::string_view kReserveFull = "alloc from reserved chunk failed";

std::string SizeWords(const EventFacts& event) {
  return fmt::format("{} bytes", Thousands(event.refusal->size_bytes.value_or(0)));
}

// A caller that may not sleep gets neither a new chunk nor pages that are not there yet; the
// balance work that its failure starts makes more of both.
Finding NothingReady(const IncidentFacts& facts, const EventFacts& event) {
  Finding finding = DraftCause("atomic_reserve", event);
  finding.confidence = Confidence::kMedium;
  finding.confidence_why = "the kernel states it; what used the space up is not printed";
  finding.title = fmt::format(
      "{} had no per-CPU memory ready for {}, and the caller might not wait until it had.",
      OnDayHost(facts, event), SizeWords(event));
  finding.brief = "per-CPU memory: none ready for a request that may not wait [percpu]";
  finding.explanation =
      "Such a request gets only what is set up already, no new chunk and no new pages "
      "[pcpu_alloc()], so this tells nothing of how much RAM is free. The kernel begins at once to "
      "set up more.";
  finding.advice.push_back({"try again what failed",
                            "more was set up in the background since [pcpu_balance_workfn()]", "",
                            "no further line \"percpu: allocation failed\""});
  const Text& module = event.refusal->blame_module;
  const Text& symbol = event.refusal->blame_symbol;
  if (module || symbol) {
    finding.advice.push_back({fmt::format("if it comes again: report it to the maintainers of {}",
                                          module ? *module : *symbol + "()"),
                              "who asks for much at once should do it where it may wait "
                              "[GFP_KERNEL]",
                              "", "grep Percpu /proc/meminfo"});
  }
  return finding;
}

// PERCPU_MODULE_RESERVE of include/linux/percpu.h: 8 KiB, more with CONFIG_MEM_ALLOC_PROFILING.
Finding ReserveFull(const IncidentFacts& facts, const EventFacts& event) {
  Finding finding = DraftCause("address_space", event);
  finding.confidence = Confidence::kMedium;
  finding.confidence_why = "the kernel states it; which modules hold it is not printed";
  finding.title = fmt::format(
      "{} had no {} left in the area for per-CPU variables of modules, whose size is fixed.",
      OnDayHost(facts, event), SizeWords(event));
  finding.brief = "area for per-CPU variables of modules full [percpu]";
  finding.explanation =
      "The area is made once, at boot, with 8 KiB for each CPU (more with memory allocation "
      "profiling). RAM has no part in it.";
  finding.advice.push_back({"unload modules that are not needed, then load this one again",
                            "their variables leave the area", "", "lsmod"});
  finding.advice.push_back({"report it to the maintainers of the module that could not be loaded",
                            "large per-CPU data should be allocated, not declared", "", ""});
  return finding;
}

}  // namespace

// Per-CPU memory was refused for a reason that is not the machine's memory.
std::optional<Finding> RulePercpu(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.refusal || !event.refusal->reason) continue;
    const bool not_ready = event.refusal->reason == kNotReady;
    if (!not_ready && event.refusal->reason != kReserveFull) continue;
    Finding finding = not_ready ? NothingReady(facts, event) : ReserveFull(facts, event);
    finding.rule = "percpu";
    finding.evidence.push_back(HeaderEvidence(event));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
