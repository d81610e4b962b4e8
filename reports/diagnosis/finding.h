#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/row.h"

namespace kautopsy {

enum class Role { kPrimary, kContributing, kContext, kRuledOut };
enum class Confidence { kLow, kMedium, kHigh };
enum class Severity { kInfo, kMinor, kMajor, kCritical };

std::string_view RoleName(Role role);
std::string_view ConfidenceName(Confidence confidence);
std::string_view SeverityName(Severity severity);

// A fact of one event that a finding rests on. `needles` are texts, one of which begins the fact in
// the event's raw lines; the quote is found by them.
struct Evidence {
  std::string relation;
  std::string row_key;
  int64_t event_id = 0;
  std::vector<std::string> needles;

  // Set when the quote was looked up; line 0 if it was not found.
  int64_t source_id = 0;
  int64_t line = 0;
  int64_t column = 0;
  std::string text;
};

// What to do about a finding on this host. Only what follows from its facts.
struct Advice {
  std::string act;       // the knob and its value: "vm.min_free_kbytes=2097152 (now 90,104)"
  std::string why;       // what it does, or how the value was computed
  std::string risk;      // what it may cost
  std::string check;     // how to see that it helped
  bool for_now = false;  // relieves at once and for a while; not for good
};

// Conclusion of one rule. A rule that claims the cause says kPrimary; the first in the order of
// decision keeps that role, the others become contributing.
struct Finding {
  std::string rule;
  Text cause;
  Role role = Role::kContext;
  Severity severity = Severity::kInfo;
  Confidence confidence = Confidence::kLow;
  std::string confidence_why;  // in a few words, why not more and why not less
  int64_t event_id = 0;        // 0: about several
  std::string title;           // a sentence
  std::string brief;           // a few words for the verdict table
  std::string when;            // days it is about
  std::string explanation;
  std::string recommendation;  // of rules that have no `advice`
  std::vector<Advice> advice;  // most effective first
  std::vector<Evidence> evidence;
};

// What the finding recommends, as one text: `recommendation`, or each advice with its parts.
std::string RecommendationText(const Finding& finding);

// For a share of more than 100 % of RAM: says that its figures disagree, and is not sure.
void DistrustShare(Finding& finding);

}  // namespace kautopsy
