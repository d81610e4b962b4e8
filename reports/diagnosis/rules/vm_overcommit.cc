#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// A host needs memory of its own: kernel objects, page tables, cache for the guests' disks and 0.3
// to 0.9 GB per guest beside its memory. Less than a tenth left to it is too little.
constexpr double kGuestsShare = 0.9;

int64_t GuestsKb(const EventFacts& event) {
  int64_t kb = 0;
  for (const TaskFacts& guest : event.tasks.guests) kb += guest.rss_kb.value_or(0);
  return kb;
}

}  // namespace

// The guests together hold nearly all memory of the host.
std::optional<Finding> RuleVmOvercommit(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    const bool group = event.oom && event.oom->constraint_kind == "memcg";
    if (event.tasks.guests.empty() || !facts.ram_kb || group) continue;
    const int64_t guests_kb = GuestsKb(event);
    const auto ram = static_cast<double>(*facts.ram_kb);
    if (static_cast<double>(guests_kb) < kGuestsShare * ram) continue;
    const auto count = static_cast<int64_t>(event.tasks.guests.size());
    const std::string share = PercentNumber(static_cast<double>(guests_kb), ram);
    Finding finding;
    finding.rule = "vm_overcommit";
    finding.cause = "vm_overcommit";
    finding.role = Role::kPrimary;
    finding.severity = event.kills.empty() ? Severity::kMinor : Severity::kMajor;
    // The total of RAM is from other records of the same host.
    finding.confidence = Confidence::kMedium;
    finding.event_id = event.id;
    finding.when = DayText(event);
    finding.title =
        fmt::format("{}: {} held {} of {} = {} % of RAM.", OnDayHost(facts, event),
                    Counted(count, "guest"), SizeText(guests_kb), SizeText(*facts.ram_kb), share);
    finding.brief = fmt::format("{} held {} % of RAM", Counted(count, "guest"), share);
    finding.explanation =
        fmt::format("Sum of the guests' rows in the process table: {} kB; {} left for the host.",
                    Thousands(guests_kb), SizeText(*facts.ram_kb - guests_kb));
    if (guests_kb > *facts.ram_kb) DistrustShare(finding);
    finding.recommendation =
        "Give the guests less memory, so that the host keeps some for itself and its cache.";
    for (const TaskFacts& guest : event.tasks.guests)
      finding.evidence.push_back(TaskEvidence(event, guest));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
