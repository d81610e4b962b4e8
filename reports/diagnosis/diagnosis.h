#pragma once

#include <string>
#include <vector>

#include "reports/diagnosis/checks.h"
#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// Something that would make the conclusions surer, and how to get it.
struct Missing {
  std::string what;
  std::string find_out;  // command or file
};

// What is concluded of one incident.
struct Diagnosis {
  std::vector<Finding> findings;  // primary, contributing, ruled out, context
  std::vector<SelfCheck> checks;
  std::vector<Missing> missing;
  std::string headline;
  std::string primary_cause = "unknown";
  Severity severity = Severity::kInfo;
  Confidence confidence = Confidence::kLow;
  int64_t kills = 0;    // processes that the kernel killed
  std::string victims;  // "qemu_wl52:3878", joined by commas
  std::string signature;
};

// Runs every rule over `facts`, to which RunAgain() was applied, and settles which cause is
// primary.
Diagnosis Diagnose(const IncidentFacts& facts);

// The finding of that role and rule; null if there is none.
const Finding* FindFinding(const Diagnosis& diagnosis, std::string_view rule);
const Finding* PrimaryFinding(const Diagnosis& diagnosis);

}  // namespace kautopsy
