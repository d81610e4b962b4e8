#include <fmt/core.h>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/cgroup_files.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/group_stats.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Reclaim waits when most of what it could take must be written first. Writers are made to wait at
// a fifth of the memory that can be dirtied (vm.dirty_ratio, 20 by default), so a tenth of RAM that
// is being written is much.
constexpr double kShareOfCache = 0.5;
constexpr double kShareOfRam = 0.1;
constexpr double kDirtyShareAdvised = 0.05;
constexpr int64_t kBytesPerKb = 1024;

struct Pending {
  int64_t dirty_kb = 0;
  int64_t writing_kb = 0;
  int64_t all_kb() const { return dirty_kb + writing_kb; }
};

Pending PendingOf(const EventFacts& event) {
  const MemInfoFacts& mem = *event.mem;
  Pending pending;
  pending.dirty_kb =
      (mem.dirty_pages.value_or(0) + mem.unstable_pages.value_or(0)) * event.page_kb();
  pending.writing_kb = mem.writeback_pages.value_or(0) * event.page_kb();
  return pending;
}

Advice WriteEarlier(int64_t ram_kb) {
  const auto dirty =
      static_cast<int64_t>(kDirtyShareAdvised * static_cast<double>(ram_kb)) * kBytesPerKb;
  Advice advice;
  advice.act = fmt::format("vm.dirty_bytes={} vm.dirty_background_bytes={}", dirty, dirty / 2);
  advice.why = fmt::format("{} and half of it: 5 % of RAM, written before reclaim needs it",
                           SizeText(dirty / kBytesPerKb));
  advice.risk = "programs that write wait earlier";
  advice.check = "grep -E 'Dirty|Writeback' /proc/meminfo";
  return advice;
}

// In version 1 a group's writers are not held back by its own limit: inode_cgwb_enabled()
// (include/linux/backing-dev.h) asks for version 2, and "the normal page dirty throttling mechanism
// in balance_dirty_pages() is completely broken with the legacy memcg" (mm/vmscan.c,
// writeback_throttling_sane()). So the machine's limit must be below the group's.
Advice WriteEarlierInGroup(const GroupPending& pending, bool version1) {
  constexpr int64_t kShareDivisor = 4;
  const int64_t dirty = pending.limit_kb / kShareDivisor * kBytesPerKb;
  Advice advice;
  advice.act = fmt::format("vm.dirty_bytes={} vm.dirty_background_bytes={}", dirty, dirty / 2);
  if (version1) advice.act += ", or control groups of version 2";
  advice.why =
      fmt::format("a quarter of the group's limit and half of that: {}",
                  version1 ? "groups of version 1 have no limit of their own for what is to be "
                             "written, so all of their memory may be it"
                           : "written before the limit needs it");
  advice.risk = "all programs of the machine that write wait earlier";
  advice.check =
      fmt::format("{} in memory.stat of the group",
                  pending.old_names ? "dirty and writeback" : "file_dirty and file_writeback");
  return advice;
}

std::optional<Finding> OfGroupsFiles(const IncidentFacts& facts, const EventFacts& event) {
  const GroupPending pending = PendingOfGroup(event);
  if (!OfGroup(event) || !IsMostlyPending(pending)) return std::nullopt;
  Finding finding = DraftCause("writeback_stall", event);
  finding.role = Role::kContributing;
  finding.confidence = Confidence::kMedium;
  finding.confidence_why = "how fast the disk wrote is not in the text";
  finding.title = fmt::format("{}: {} of the control group were still to be written to disk.",
                              OnDayHost(facts, event), SizeText(pending.all_kb()));
  finding.brief = fmt::format(
      "{} % of its files were still to be written",
      PercentNumber(static_cast<double>(pending.all_kb()), static_cast<double>(pending.file_kb)));
  finding.explanation = fmt::format(
      "{} dirty and {} being written, of {} of files and a limit of {}: what is not written cannot "
      "be taken back, so a larger limit only fills later.",
      SizeText(pending.dirty_kb), SizeText(pending.writing_kb), SizeText(pending.file_kb),
      SizeText(pending.limit_kb));
  finding.advice.push_back(
      WriteEarlierInGroup(pending, CgroupVersionOf(facts, event) == CgroupVersion::kOne));
  finding.evidence.push_back(
      CounterEvidence(event, pending.old_names ? "Memory cgroup stats for" : "file_dirty"));
  return finding;
}

}  // namespace

// Most of the cache is dirty or being written: reclaim has to wait for the disk or the server. A
// refused request that must not wait is its victim, so there it only contributes.
std::optional<Finding> RuleWritebackStall(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (std::optional<Finding> of_group = OfGroupsFiles(facts, event)) return of_group;
    const Integer ram_kb = RamKb(facts, event);
    if (!IsShortage(event) || !event.mem || !event.mem->file_pages || !ram_kb) continue;
    const bool refused = event.refusal.has_value();
    if (!refused && !IsUsedUp(event)) continue;
    const Pending pending = PendingOf(event);
    const int64_t cache_kb = *event.mem->file_pages * event.page_kb();
    const bool most =
        static_cast<double>(pending.all_kb()) >= kShareOfCache * static_cast<double>(cache_kb);
    if (!most || ShareOf(pending.all_kb(), *ram_kb) < kShareOfRam) continue;
    Finding finding = DraftCause("writeback_stall", event);
    if (refused) finding.role = Role::kContributing;
    finding.confidence = refused ? Confidence::kLow : Confidence::kMedium;
    finding.confidence_why = refused ? "a refusal that need not wait for it stands beside it"
                                     : "how fast the disk wrote is not in the text";
    finding.title = fmt::format(
        "{} waited for its disks: {} were still to be written = {} % of RAM.",
        OnDayHost(facts, event), SizeText(pending.all_kb()),
        PercentNumber(static_cast<double>(pending.all_kb()), static_cast<double>(*ram_kb)));
    finding.brief = fmt::format("{} still to be written", SizeText(pending.all_kb()));
    finding.explanation = fmt::format(
        "{} dirty and {} being written, beside {} of file cache: reclaim can take them only when "
        "the disk or the server is done.",
        SizeText(pending.dirty_kb), SizeText(pending.writing_kb), SizeText(cache_kb));
    if (pending.writing_kb > cache_kb)
      finding.explanation += " What is written is more than the cache, so it goes to swap.";
    finding.advice.push_back(WriteEarlier(*ram_kb));
    finding.evidence.push_back(CounterEvidence(event, "writeback:"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
