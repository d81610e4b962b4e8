#include <fmt/core.h>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// File pages that could simply be dropped: a fifth of RAM is far beyond what a kernel that reclaims
// leaves behind before it kills.
constexpr double kPlentyShare = 0.2;

}  // namespace

// Plenty of clean file pages, no memory above the marks, and yet a kill.
std::optional<Finding> RulePrematureOom(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const Integer ram_kb = RamKb(facts, event);
    if (!event.oom || !event.mem || !event.mem->inactive_file_pages || !ram_kb || !event.rerun)
      continue;
    if (event.oom->constraint_kind == "memcg" ||
        (event.rerun->single_served != false && !BelowHighMarks(event)))
      continue;
    const MemInfoFacts& mem = *event.mem;
    const int64_t clean_pages =
        *mem.inactive_file_pages - mem.dirty_pages.value_or(0) - mem.writeback_pages.value_or(0);
    const int64_t clean_kb = clean_pages * event.page_kb();
    if (static_cast<double>(clean_kb) < kPlentyShare * static_cast<double>(*ram_kb)) continue;
    Finding finding;
    finding.rule = "premature_oom";
    finding.cause = "premature_oom";
    finding.role = Role::kPrimary;
    finding.severity = Severity::kMajor;
    finding.confidence = Confidence::kMedium;
    finding.event_id = event.id;
    finding.title = fmt::format("{} killed although {} of file cache could have been dropped.",
                                OnDayHost(facts, event), SizeText(clean_kb));
    finding.brief = "killed with plenty of cache to drop";
    finding.explanation =
        fmt::format("Inactive file pages less dirty and writeback: {} pages = {} % of RAM.",
                    Thousands(clean_pages),
                    PercentNumber(static_cast<double>(clean_kb), static_cast<double>(*ram_kb)));
    finding.recommendation =
        "A fault of this kernel's reclaim is likely: try a newer one of the same series.";
    finding.evidence.push_back(CounterEvidence(event, "inactive_file:"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
