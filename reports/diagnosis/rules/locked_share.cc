#include "reports/diagnosis/rules/notable_share.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/unevictable.h"

namespace kautopsy {

// A tenth of RAM locked.
std::optional<Finding> RuleLockedShare(const IncidentFacts& facts) {
  static constexpr NotableShare kShare = {
      "locked_share", HolderKind::kLocked, 0.1,
      "It can be neither dropped nor swapped out: mlock, devices passed through to guests [VFIO].",
      [](const EventFacts& event) { return Integer(UnevictableOf(event).locked_kb); }};
  return TellShare(facts, kShare);
}

}  // namespace kautopsy
