#include "reports/diagnosis/rules/notable_share.h"
#include "reports/diagnosis/rules/rules.h"

namespace kautopsy {

// A tenth of RAM in tmpfs and shared memory.
std::optional<Finding> RuleShmemShare(const IncidentFacts& facts) {
  static constexpr NotableShare kShare = {
      "shmem_share", HolderKind::kShmem, 0.1,
      "It belongs to no program: df -t tmpfs and ipcs -m show whose it is; only swap can take it.",
      [](const EventFacts& event) { return PagesKb(event, event.mem->shmem_pages); }};
  return TellShare(facts, kShare);
}

}  // namespace kautopsy
