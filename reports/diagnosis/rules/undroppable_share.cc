#include "reports/diagnosis/rules/notable_share.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/unevictable.h"

namespace kautopsy {

// A tenth of RAM in files that are nowhere but in the page cache.
std::optional<Finding> RuleUndroppableShare(const IncidentFacts& facts) {
  static constexpr NotableShare kShare = {
      "undroppable_share", HolderKind::kUndroppable, 0.1,
      "A ramfs has no disk behind it, so reclaim must leave its files alone: a live system or what "
      "an initramfs unpacked.",
      [](const EventFacts& event) { return Integer(UnevictableOf(event).file_kb); }};
  return TellShare(facts, kShare);
}

}  // namespace kautopsy
