#include "reports/diagnosis/rules/group_stats.h"

#include "reports/diagnosis/rules/cgroup_files.h"
#include "reports/diagnosis/rules/draft.h"

namespace kautopsy {
namespace {

constexpr double kNearlyAll = 0.9;
constexpr double kMostShare = 0.5;

}  // namespace

int64_t GroupStatKb(const EventFacts& event, std::string_view name) {
  const auto found = event.group.stat_kb.find(name);
  return found == event.group.stat_kb.end() ? 0 : found->second;
}

GroupPending PendingOfGroup(const EventFacts& event) {
  GroupPending pending;
  const bool old = event.group.stat_kb.find("cache") != event.group.stat_kb.end();
  pending.old_names = old;
  pending.dirty_kb = GroupStatKb(event, old ? "dirty" : "file_dirty");
  pending.writing_kb = GroupStatKb(event, old ? "writeback" : "file_writeback");
  pending.file_kb = GroupStatKb(event, old ? "cache" : "file") - GroupStatKb(event, "shmem");
  const GroupCounterFacts* const memory = GroupCounter(event, "memory");
  pending.limit_kb = memory ? memory->limit_kb.value_or(0) : 0;
  return pending;
}

bool IsMostlyPending(const GroupPending& pending) {
  return pending.file_kb > 0 && ShareOf(pending.all_kb(), pending.file_kb) >= kNearlyAll &&
         ShareOf(pending.all_kb(), pending.limit_kb) >= kMostShare;
}

}  // namespace kautopsy
