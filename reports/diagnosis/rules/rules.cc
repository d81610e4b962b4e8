#include "reports/diagnosis/rules/rules.h"

#include "reports/diagnosis/settings.h"

namespace kautopsy {

std::span<const Rule> AllRules() {
  static constexpr Rule kRules[] = {
      // Stated in the text.
      RuleManual, RuleSwapoff, RuleMemcgLimit, RuleNumaConstraint,
      // The kernel or the caller is at fault.
      RuleHardware, RuleKernelBug, RuleStall, RuleEarlyBoot, RuleCountBelowZero, RuleBadRequest,
      RuleAddressSpace, RulePercpu, RuleCrashKernel,
      // The allocation run again over the zones that the request may use.
      RuleLowZone, RuleUnprintedLowZone, RuleCma, RuleBoundToNode, RuleUnprintedPolicy,
      RuleAtomicReserve, RuleAtomicHighOrder,
      // Who holds the memory.
      RuleHolder, RulePrematureOom, RuleWritebackStall,
      // Free, but in pieces; then simply used up.
      RuleFragmentation, RuleHostExhausted, RuleNoPageLeft, RuleFullByScore, RuleVmOvercommit,
      RuleForkStorm, RuleTaskLeak, RuleUnkillable, RuleCmaArea, RuleBalloon,
      // Stated, too, but no shortage of memory: whatever else happened is asked about first.
      RuleOwnLimit,
      // What made it worse.
      RulePanicOnOom, RuleUnaccountedShare,
      // Not causes: what was checked and did not hold, and what happened.
      RuleMemoryUsedUp, RuleKillVictim, RuleUserspaceKill, RuleAllocatingTask, RuleOomRequest,
      RuleRefusedAllocation,
      // The state of memory at that moment.
      RuleSwapState, RuleGaveUp, RuleKeptBack, RuleKeptForAtomic, RuleRaisedMarks, RuleParkedPages,
      RuleIsolatedPages, RuleNumaImbalance, RuleSlabShare, RuleReclaimableSlab, RulePageTableShare,
      RuleShmemShare, RuleLockedShare, RuleUndroppableShare, RuleHugeAnon, RuleKnownRegression,
      RuleResume, RuleKillStorm, RulePodBelowLimit, RuleMixedMachines, RuleCompaction, RuleCourse,
      RuleSettings, RuleSelfVerification};
  return kRules;
}

}  // namespace kautopsy
