#include "reports/diagnosis/rules/notable_share.h"
#include "reports/diagnosis/rules/rules.h"

namespace kautopsy {

// Page tables of 2 % of RAM and more; a program's own are 0.2 % of what it maps (8 bytes per 4
// KiB).
std::optional<Finding> RulePageTableShare(const IncidentFacts& facts) {
  static constexpr NotableShare kShare = {
      "page_table_share", HolderKind::kPageTables, 0.02,
      "Many programs map the same large memory in small pages, as databases without huge pages do.",
      [](const EventFacts& event) { return PagesKb(event, event.mem->pagetables_pages); }};
  return TellShare(facts, kShare);
}

}  // namespace kautopsy
