#include <fmt/core.h>

#include "reports/diagnosis/checks.h"
#include "reports/diagnosis/rules/rules.h"

namespace kautopsy {

// Whether the figures that the log gives twice agree.
std::optional<Finding> RuleSelfVerification(const IncidentFacts& facts) {
  const std::vector<SelfCheck> checks = RunSelfChecks(facts);
  int64_t sums = 0;
  int64_t agree = 0;
  std::string details;
  for (const SelfCheck& check : checks) {
    if (!check.note) {
      ++sums;
      agree += check.ok ? 1 : 0;
    }
    // A report of a storm repeats the same sums thousands of times.
    constexpr std::size_t kLongest = 4000;
    if (details.size() < kLongest)
      details += fmt::format(" {}: {}.", check.ok ? "ok" : "DIFFERS", check.text);
  }
  if (sums == 0) return std::nullopt;
  Finding finding;
  finding.rule = "self_verification";
  finding.role = Role::kContext;
  finding.confidence = Confidence::kHigh;
  finding.confidence_why = "sums";
  finding.severity = agree == sums ? Severity::kInfo : Severity::kMinor;
  finding.title = fmt::format("{} of {} sums that the log gives twice agree.", agree, sums);
  finding.brief = fmt::format("{} of {} sums agree", agree, sums);
  finding.explanation = details.empty() ? details : details.substr(1);
  return finding;
}

}  // namespace kautopsy
