#include <fmt/core.h>

#include <algorithm>
#include <set>
#include <utility>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/host_advice.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/snapshots.h"
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

Advice SmallerGuests(const IncidentFacts& facts, const EventFacts& event, const std::string& now,
                     int64_t count) {
  const auto all_kb = static_cast<int64_t>(kGuestsShare * static_cast<double>(*facts.ram_kb));
  Advice advice;
  advice.act = fmt::format("guests of at most {} each", SizeText(all_kb / count));
  advice.why = fmt::format("{} together = 90 % of RAM; {}", SizeText(all_kb), now);
  advice.risk = "a guest runs short";
  advice.check = fmt::format("{} of the host stays above a twentieth of MemTotal",
                             AvailableWords(KernelOf(facts, event)));
  return advice;
}

// A snapshot tells more exactly what the host has for its guests, at a moment when it was short.
Advice GuestsOf(const IncidentFacts& facts, const EventFacts& event, int64_t guests_kb) {
  if (std::optional<Advice> sized = GuestsBySnapshot(facts, CollectSnapshots(facts)))
    return std::move(*sized);
  return SmallerGuests(facts, event, "they held " + SizeText(guests_kb),
                       static_cast<int64_t>(event.tasks.guests.size()));
}

// The memory that libvirt gives to guests.
struct Configured {
  std::vector<const GuestFacts*> guests;  // whose size is known
  int64_t kb = 0;
};

// Of the guests that the process tables show, as others may not have run then; of all that the host
// has, where no table names one.
Configured ConfiguredOf(const IncidentFacts& facts) {
  std::set<std::string_view> running;
  for (const EventFacts& event : facts.events) {
    for (const TaskFacts& task : event.tasks.guests) running.insert(*task.guest);
  }
  Configured result;
  for (const GuestFacts& guest : facts.guests) {
    if (!guest.memory_kb || (!running.empty() && !running.contains(guest.name))) continue;
    result.guests.push_back(&guest);
    result.kb += *guest.memory_kb;
  }
  return result;
}

std::string ConfiguredText(const Configured& configured, int64_t ram_kb) {
  return fmt::format(
      "configured for {}: {} of {} RAM; each qemu needs more than its guest's memory",
      Counted(static_cast<int64_t>(configured.guests.size()), "guest"), SizeText(configured.kb),
      SizeText(ram_kb));
}

void AddConfigured(const Configured& configured, Finding& finding) {
  for (const GuestFacts* const guest : configured.guests)
    finding.evidence.push_back(GuestEvidence(*guest));
}

// What libvirt's files show alone. They tell what the guests may have, not what they held.
std::optional<Finding> FromConfiguration(const IncidentFacts& facts, const Configured& configured) {
  const auto short_of_memory = [](const EventFacts& event) {
    return (event.oom || event.refusal) && !OfGroup(event);
  };
  const auto event = std::ranges::find_if(facts.events, short_of_memory);
  if (event == facts.events.end() || configured.guests.empty()) return std::nullopt;
  const auto ram = static_cast<double>(*facts.ram_kb);
  if (static_cast<double>(configured.kb) < kGuestsShare * ram) return std::nullopt;
  Finding finding;
  finding.rule = "vm_overcommit";
  finding.cause = "vm_overcommit";
  finding.role = Role::kContributing;
  finding.severity = Severity::kMinor;
  finding.confidence = Confidence::kLow;
  finding.event_id = event->id;
  finding.when = DayText(*event);
  finding.title = fmt::format("{} was {}.", OnDayHost(facts, *event),
                              ConfiguredText(configured, *facts.ram_kb));
  finding.brief = fmt::format("guests may have {} % of RAM",
                              PercentNumber(static_cast<double>(configured.kb), ram));
  finding.explanation = fmt::format(
      "Sum of the guests' memory in libvirt's files: {} kB. They tell what the guests may have; "
      "what they held then, the log does not show.",
      Thousands(configured.kb));
  finding.advice.push_back(SmallerGuests(facts, *event, "they may have " + SizeText(configured.kb),
                                         static_cast<int64_t>(configured.guests.size())));
  AddConfigured(configured, finding);
  return finding;
}

}  // namespace

// The guests together hold nearly all memory of the host, or may have it.
std::optional<Finding> RuleVmOvercommit(const IncidentFacts& facts) {
  if (!facts.ram_kb) return std::nullopt;
  const Configured configured = ConfiguredOf(facts);
  for (const EventFacts& event : facts.events) {
    if (event.tasks.guests.empty() || OfGroup(event)) continue;
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
    if (!configured.guests.empty())
      finding.explanation +=
          fmt::format(" By libvirt's files it is {}.", ConfiguredText(configured, *facts.ram_kb));
    if (guests_kb > *facts.ram_kb) DistrustShare(finding);
    finding.advice.push_back(GuestsOf(facts, event, guests_kb));
    for (const TaskFacts& guest : event.tasks.guests)
      finding.evidence.push_back(TaskEvidence(event, guest));
    AddConfigured(configured, finding);
    return finding;
  }
  return FromConfiguration(facts, configured);
}

}  // namespace kautopsy
