#include <fmt/core.h>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
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

}  // namespace

// Most of the cache is dirty or being written: reclaim has to wait for the disk or the server. A
// refused request that must not wait is its victim, so there it only contributes.
std::optional<Finding> RuleWritebackStall(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
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
