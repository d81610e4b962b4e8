#include "reports/diagnosis/finding.h"

namespace kautopsy {

std::string_view RoleName(Role role) {
  switch (role) {
    case Role::kPrimary:
      return "primary";
    case Role::kContributing:
      return "contributing";
    case Role::kContext:
      return "context";
    case Role::kRuledOut:
      return "ruled_out";
  }
  return "context";
}

std::string_view ConfidenceName(Confidence confidence) {
  switch (confidence) {
    case Confidence::kHigh:
      return "high";
    case Confidence::kMedium:
      return "medium";
    case Confidence::kLow:
      return "low";
  }
  return "low";
}

std::string_view SeverityName(Severity severity) {
  switch (severity) {
    case Severity::kInfo:
      return "info";
    case Severity::kMinor:
      return "minor";
    case Severity::kMajor:
      return "major";
    case Severity::kCritical:
      return "critical";
  }
  return "info";
}

std::string RecommendationText(const Finding& finding) {
  std::string text = finding.recommendation;
  for (const Advice& advice : finding.advice) {
    if (!text.empty()) text += ' ';
    text += advice.act;
    if (!advice.why.empty()) text += ": " + advice.why;
    if (!advice.risk.empty()) text += "; risk: " + advice.risk;
    if (!advice.check.empty()) text += "; check: " + advice.check;
    text += '.';
  }
  return text;
}

void DistrustShare(Finding& finding) {
  finding.confidence = Confidence::kLow;
  finding.confidence_why = "a share of more than 100 % cannot be right";
  finding.title += " That is more than RAM: the figures disagree.";
  finding.brief += "; the figures disagree";
}

}  // namespace kautopsy
