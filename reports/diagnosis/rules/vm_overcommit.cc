#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/draft.h"
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

Advice SmallerGuests(int64_t ram_kb, int64_t guests_kb, int64_t count) {
  const auto all_kb = static_cast<int64_t>(kGuestsShare * static_cast<double>(ram_kb));
  Advice advice;
  advice.act = fmt::format("guests of at most {} each", SizeText(all_kb / count));
  advice.why =
      fmt::format("{} together = 90 % of RAM; they held {}", SizeText(all_kb), SizeText(guests_kb));
  advice.risk = "a guest runs short";
  advice.check = "MemAvailable of the host stays above a twentieth of MemTotal";
  return advice;
}

}  // namespace

// The guests together hold nearly all memory of the host.
std::optional<Finding> RuleVmOvercommit(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (event.tasks.guests.empty() || !facts.ram_kb || OfGroup(event)) continue;
    const int64_t guests_kb = GuestsKb(event);
    const auto ram = static_cast<double>(*facts.ram_kb);
    if (static_cast<double>(guests_kb) < kGuestsShare * ram) continue;
    const auto count = static_cast<int64_t>(event.tasks.guests.size());
    const std::string share = PercentNumber(static_cast<double>(guests_kb), ram);
    Finding finding = DraftCause("vm_overcommit", event);
    finding.when = DayText(event);
    finding.confidence = Confidence::kMedium;
    finding.confidence_why = "the total of RAM is of other records of this host";
    finding.title =
        fmt::format("{}: {} held {} of {} = {} % of RAM.", OnDayHost(facts, event),
                    Counted(count, "guest"), SizeText(guests_kb), SizeText(*facts.ram_kb), share);
    finding.brief = fmt::format("{} held {} % of RAM", Counted(count, "guest"), share);
    finding.explanation =
        fmt::format("Sum of the guests' rows in the process table: {} kB; {} left for the host.",
                    Thousands(guests_kb), SizeText(*facts.ram_kb - guests_kb));
    if (guests_kb > *facts.ram_kb) DistrustShare(finding);
    finding.advice.push_back(SmallerGuests(*facts.ram_kb, guests_kb, count));
    for (const TaskFacts& guest : event.tasks.guests)
      finding.evidence.push_back(TaskEvidence(event, guest));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
