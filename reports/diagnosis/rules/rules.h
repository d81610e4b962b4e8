#pragma once

#include <optional>
#include <span>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// One rule per file. A rule reads facts and says what follows from them; where they do not decide,
// it stays silent. Rules that name a cause give the role kPrimary and are asked in the order of
// decision.
using Rule = std::optional<Finding> (*)(const IncidentFacts& facts);

std::optional<Finding> RuleManual(const IncidentFacts& facts);
std::optional<Finding> RuleMemcgLimit(const IncidentFacts& facts);
std::optional<Finding> RuleNumaConstraint(const IncidentFacts& facts);
std::optional<Finding> RuleKernelBug(const IncidentFacts& facts);
std::optional<Finding> RuleStall(const IncidentFacts& facts);
std::optional<Finding> RuleHardware(const IncidentFacts& facts);
std::optional<Finding> RuleEarlyBoot(const IncidentFacts& facts);
std::optional<Finding> RuleBadRequest(const IncidentFacts& facts);
std::optional<Finding> RuleLowZone(const IncidentFacts& facts);
std::optional<Finding> RuleCma(const IncidentFacts& facts);
std::optional<Finding> RuleAtomicReserve(const IncidentFacts& facts);
std::optional<Finding> RuleAtomicHighOrder(const IncidentFacts& facts);
std::optional<Finding> RuleHolder(const IncidentFacts& facts);
std::optional<Finding> RulePrematureOom(const IncidentFacts& facts);
std::optional<Finding> RuleFragmentation(const IncidentFacts& facts);
std::optional<Finding> RuleHostExhausted(const IncidentFacts& facts);
std::optional<Finding> RuleForkStorm(const IncidentFacts& facts);
std::optional<Finding> RuleTaskLeak(const IncidentFacts& facts);
std::optional<Finding> RuleVmOvercommit(const IncidentFacts& facts);
std::optional<Finding> RuleMemoryUsedUp(const IncidentFacts& facts);
std::optional<Finding> RuleKillVictim(const IncidentFacts& facts);
std::optional<Finding> RuleRefusedAllocation(const IncidentFacts& facts);
std::optional<Finding> RuleOomRequest(const IncidentFacts& facts);
std::optional<Finding> RuleCompaction(const IncidentFacts& facts);
std::optional<Finding> RuleCourse(const IncidentFacts& facts);
std::optional<Finding> RuleSelfVerification(const IncidentFacts& facts);

// All rules, those that name causes first, in the order of decision.
std::span<const Rule> AllRules();

}  // namespace kautopsy
