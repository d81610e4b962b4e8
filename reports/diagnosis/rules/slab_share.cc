#include "reports/diagnosis/rules/notable_share.h"
#include "reports/diagnosis/rules/rules.h"

namespace kautopsy {

// A tenth of RAM in kernel objects that cannot be reclaimed.
std::optional<Finding> RuleSlabShare(const IncidentFacts& facts) {
  static constexpr NotableShare kShare = {
      "slab_share", HolderKind::kSlab, 0.1,
      "Kernel objects that cannot be given back are a few percent of RAM as a rule; what grows "
      "from report to report is a leak.",
      [](const EventFacts& event) { return PagesKb(event, event.mem->slab_unreclaimable_pages); }};
  return TellShare(facts, kShare);
}

}  // namespace kautopsy
