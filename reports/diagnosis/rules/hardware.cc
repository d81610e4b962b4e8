#include "reports/diagnosis/rules/hardware.h"

#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

bool IsCorrected(const HardwareErrorFacts& error) {
  return error.severity == "corrected" || error.severity == "info";
}

bool InjectedInto(const EventFacts& event, const Text& pfn) {
  return pfn && std::any_of(event.hardware_errors.begin(), event.hardware_errors.end(),
                            [&](const HardwareErrorFacts& error) {
                              return error.source == "injected" && error.pfn == pfn;
                            });
}

// The event with the gravest error: the first whose error was not corrected, else the first.
const EventFacts* FindError(const IncidentFacts& facts) {
  const EventFacts* first = nullptr;
  for (const EventFacts& event : facts.events) {
    const auto errors = RealErrors(facts, event);
    if (errors.empty()) continue;
    if (!std::all_of(errors.begin(), errors.end(), IsCorrected)) return &event;
    if (!first) first = &event;
  }
  return first;
}

}  // namespace

std::vector<HardwareErrorFacts> RealErrors(const IncidentFacts& facts, const EventFacts& event) {
  std::vector<HardwareErrorFacts> errors = event.hardware_errors;
  std::erase_if(errors, [&](const HardwareErrorFacts& error) {
    if (error.source == "injected") return true;
    if (error.source != "memory_failure" && error.source != "soft_offline") return false;
    return std::any_of(facts.events.begin(), facts.events.end(), [&](const EventFacts& other) {
      return other.host == event.host && InjectedInto(other, error.pfn);
    });
  });
  return errors;
}

// What the processor, the memory controller or the firmware reported. Corrected errors harm nothing
// yet, and do not explain what else happened.
std::optional<Finding> RuleHardware(const IncidentFacts& facts) {
  const EventFacts* const event = FindError(facts);
  if (!event) return std::nullopt;
  const auto errors = RealErrors(facts, *event);
  const auto grave = std::find_if_not(errors.begin(), errors.end(), IsCorrected);
  const bool corrected = grave == errors.end();
  const HardwareErrorFacts& error = corrected ? errors.front() : *grave;
  const bool alone =
      std::all_of(facts.events.begin(), facts.events.end(),
                  [](const EventFacts& other) { return !other.about_memory() && !other.crash; });
  Finding finding;
  finding.rule = "hardware";
  finding.cause = "hardware";
  finding.role = !corrected || alone ? Role::kPrimary : Role::kContext;
  finding.severity = corrected                   ? Severity::kMinor
                     : error.severity == "fatal" ? Severity::kCritical
                                                 : Severity::kMajor;
  finding.confidence = corrected || !error.severity ? Confidence::kMedium : Confidence::kHigh;
  finding.event_id = event->id;
  finding.when = DayText(*event);
  finding.title = fmt::format("{} was told of {} error of its hardware{}: {}.",
                              OnDayHost(facts, *event), corrected ? "a corrected" : "an",
                              error.label ? " at " + *error.label : "", event->title);
  finding.brief = corrected ? "hardware corrected an error" : "the hardware failed";
  finding.explanation = error.message.value_or("");
  finding.confidence_why = corrected         ? "corrected: nothing was lost yet"
                           : !error.severity ? "how grave it was is not in the text"
                                             : "the hardware's own report";
  if (corrected)
    finding.advice.push_back({"watch whether it comes again",
                              "a memory module that does this often will fail", "",
                              "ras-mc-ctl --error-count"});
  else
    finding.advice.push_back({"replace the part that the report names",
                              "until then trust no data of this host", "", ""});
  finding.evidence.push_back(FirstLineEvidence(*event, "hardware_error"));
  return finding;
}

}  // namespace kautopsy
