#include "reports/diagnosis/rules/rules.h"

namespace kautopsy {

std::span<const Rule> AllRules() {
  static constexpr Rule kRules[] = {
      // Stated in the text.
      RuleManual, RuleMemcgLimit, RuleNumaConstraint,
      // The kernel or the caller is at fault.
      RuleHardware, RuleKernelBug, RuleStall, RuleEarlyBoot, RuleBadRequest,
      // The allocation run again over the zones that the request may use.
      RuleLowZone, RuleCma, RuleAtomicReserve, RuleAtomicHighOrder,
      // Who holds the memory.
      RuleHolder, RulePrematureOom,
      // Free, but in pieces; then simply used up.
      RuleFragmentation, RuleHostExhausted, RuleVmOvercommit, RuleForkStorm, RuleTaskLeak,
      // Not causes: what was checked and did not hold, and what happened.
      RuleMemoryUsedUp, RuleKillVictim, RuleOomRequest, RuleRefusedAllocation, RuleCompaction,
      RuleCourse, RuleSelfVerification};
  return kRules;
}

}  // namespace kautopsy
