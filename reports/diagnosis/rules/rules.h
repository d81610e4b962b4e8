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
std::optional<Finding> RuleSwapoff(const IncidentFacts& facts);
std::optional<Finding> RuleMemcgLimit(const IncidentFacts& facts);
std::optional<Finding> RuleNumaConstraint(const IncidentFacts& facts);
std::optional<Finding> RuleOwnLimit(const IncidentFacts& facts);
std::optional<Finding> RuleBoundToNode(const IncidentFacts& facts);
std::optional<Finding> RuleUnprintedPolicy(const IncidentFacts& facts);
std::optional<Finding> RuleKernelBug(const IncidentFacts& facts);
std::optional<Finding> RuleStall(const IncidentFacts& facts);
std::optional<Finding> RuleHardware(const IncidentFacts& facts);
std::optional<Finding> RuleEarlyBoot(const IncidentFacts& facts);
std::optional<Finding> RuleCountBelowZero(const IncidentFacts& facts);
std::optional<Finding> RuleBadRequest(const IncidentFacts& facts);
std::optional<Finding> RuleAddressSpace(const IncidentFacts& facts);
std::optional<Finding> RulePercpu(const IncidentFacts& facts);
std::optional<Finding> RuleCrashKernel(const IncidentFacts& facts);
std::optional<Finding> RuleLowZone(const IncidentFacts& facts);
std::optional<Finding> RuleUnprintedLowZone(const IncidentFacts& facts);
std::optional<Finding> RuleCma(const IncidentFacts& facts);
std::optional<Finding> RuleCmaArea(const IncidentFacts& facts);
std::optional<Finding> RuleAtomicReserve(const IncidentFacts& facts);
std::optional<Finding> RuleAtomicHighOrder(const IncidentFacts& facts);
std::optional<Finding> RuleHolder(const IncidentFacts& facts);
std::optional<Finding> RulePrematureOom(const IncidentFacts& facts);
std::optional<Finding> RuleWritebackStall(const IncidentFacts& facts);
std::optional<Finding> RuleFragmentation(const IncidentFacts& facts);
std::optional<Finding> RuleHostExhausted(const IncidentFacts& facts);
std::optional<Finding> RuleNoPageLeft(const IncidentFacts& facts);
std::optional<Finding> RuleBalloon(const IncidentFacts& facts);
std::optional<Finding> RuleFullByScore(const IncidentFacts& facts);
std::optional<Finding> RuleForkStorm(const IncidentFacts& facts);
std::optional<Finding> RuleTaskLeak(const IncidentFacts& facts);
std::optional<Finding> RuleVmOvercommit(const IncidentFacts& facts);
std::optional<Finding> RuleUnkillable(const IncidentFacts& facts);
std::optional<Finding> RulePanicOnOom(const IncidentFacts& facts);
std::optional<Finding> RuleMemoryUsedUp(const IncidentFacts& facts);
std::optional<Finding> RuleKillVictim(const IncidentFacts& facts);
std::optional<Finding> RuleUserspaceKill(const IncidentFacts& facts);
std::optional<Finding> RuleAllocatingTask(const IncidentFacts& facts);
std::optional<Finding> RuleRefusedAllocation(const IncidentFacts& facts);
std::optional<Finding> RuleOomRequest(const IncidentFacts& facts);
std::optional<Finding> RuleSwapState(const IncidentFacts& facts);
std::optional<Finding> RuleGaveUp(const IncidentFacts& facts);
std::optional<Finding> RuleKeptBack(const IncidentFacts& facts);
std::optional<Finding> RuleKeptForAtomic(const IncidentFacts& facts);
std::optional<Finding> RuleRaisedMarks(const IncidentFacts& facts);
std::optional<Finding> RuleParkedPages(const IncidentFacts& facts);
std::optional<Finding> RuleIsolatedPages(const IncidentFacts& facts);
std::optional<Finding> RuleUnaccountedShare(const IncidentFacts& facts);
std::optional<Finding> RuleNumaImbalance(const IncidentFacts& facts);
std::optional<Finding> RuleSlabShare(const IncidentFacts& facts);
std::optional<Finding> RuleReclaimableSlab(const IncidentFacts& facts);
std::optional<Finding> RulePageTableShare(const IncidentFacts& facts);
std::optional<Finding> RuleShmemShare(const IncidentFacts& facts);
std::optional<Finding> RuleLockedShare(const IncidentFacts& facts);
std::optional<Finding> RuleUndroppableShare(const IncidentFacts& facts);
std::optional<Finding> RuleHugeAnon(const IncidentFacts& facts);
std::optional<Finding> RuleKnownRegression(const IncidentFacts& facts);
std::optional<Finding> RuleResume(const IncidentFacts& facts);
std::optional<Finding> RuleKillStorm(const IncidentFacts& facts);
std::optional<Finding> RulePodBelowLimit(const IncidentFacts& facts);
std::optional<Finding> RuleMixedMachines(const IncidentFacts& facts);
std::optional<Finding> RuleCompaction(const IncidentFacts& facts);
std::optional<Finding> RuleCourse(const IncidentFacts& facts);
std::optional<Finding> RuleSelfVerification(const IncidentFacts& facts);

// All rules, those that name causes first, in the order of decision.
std::span<const Rule> AllRules();

}  // namespace kautopsy
