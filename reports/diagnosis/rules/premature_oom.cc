#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/clean_cache.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {

namespace {

std::string CacheWords(const CleanCache& cache) {
  const auto percent = [&](int64_t kb) {
    return PercentNumber(static_cast<double>(kb), static_cast<double>(cache.zones_kb));
  };
  if (cache.active_kb <= cache.inactive_kb) {
    return fmt::format(
        "Inactive file cache less what is dirty or being written: {} = {} % of what the zones hold "
        "that the request may use. A kernel that reclaims drops it before it kills.",
        SizeText(cache.inactive_kb), percent(cache.inactive_kb));
  }
  const int64_t kb = cache.inactive_kb + cache.active_kb;
  return fmt::format(
      "File cache less what is dirty or being written: {} = {} % of what the zones hold that the "
      "request may use, {} of it inactive. A kernel that reclaims ages what is active, and drops "
      "it, before it kills.",
      SizeText(kb), percent(kb), SizeText(cache.inactive_kb));
}

Advice NewerKernel(const IncidentFacts& facts, const CleanCache& cache) {
  const std::string release = facts.kernel_release.value_or("");
  return {release.empty() ? "a newer kernel of the same series"
                          : "a newer kernel of the series of " + release,
          "a fault of its reclaim is likely", "a new kernel has to be tested",
          fmt::format("the same load: no kill, {} falls",
                      cache.active_kb > cache.inactive_kb ? "active_file" : "inactive_file")};
}

}  // namespace

// Plenty of clean file pages in the zones that the request may use, no memory above the marks, and
// yet a kill.
std::optional<Finding> RulePrematureOom(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!IsUsedUp(event)) continue;
    const CleanCache cache = CleanCacheOf(facts, event);
    if (!IsPlenty(cache)) continue;
    Finding finding = DraftCause("premature_oom", event);
    finding.severity = Severity::kMajor;
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the figures state it; why reclaim failed is not in the text";
    finding.title =
        fmt::format("{} killed although {} of file cache could have been dropped.",
                    OnDayHost(facts, event), SizeText(cache.inactive_kb + cache.active_kb));
    finding.brief = "killed with plenty of cache to drop";
    finding.explanation = CacheWords(cache);
    // Where a fault is known, its kernels are, too.
    if (!RuleKnownRegression(facts)) finding.advice.push_back(NewerKernel(facts, cache));
    finding.evidence.push_back(CounterEvidence(event, "inactive_file:"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
