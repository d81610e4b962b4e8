#include <algorithm>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"

namespace kautopsy {
namespace {

// Zones that hold memory while nothing is free and no mark is set: the allocator is not up yet.
bool AllocatorNotUp(const EventFacts& event) {
  bool present = false;
  for (const ZoneFacts& zone : event.zones) {
    if (zone.free_kb != 0 || zone.min_kb != 0) return false;
    present = present || zone.present_kb.value_or(0) > 0;
  }
  return present;
}

}  // namespace

std::optional<Finding> RuleEarlyBoot(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!AllocatorNotUp(event)) continue;
    Finding finding;
    finding.rule = "early_boot";
    finding.cause = "kernel_bug";
    finding.role = Role::kPrimary;
    finding.severity = Severity::kMajor;
    finding.confidence = Confidence::kHigh;
    finding.event_id = event.id;
    finding.title =
        OnDayHost(facts, event) +
        " asked for memory before the kernel's allocator was ready: a bug of the kernel.";
    finding.brief = "asked before the allocator was ready";
    finding.explanation =
        "Every zone has memory, and yet free and min are 0 in all of them, as they are "
        "only before the allocator is set up.";
    finding.confidence_why = "all zones say so";
    finding.advice.push_back({"report it to those who built the kernel, with the call trace",
                              "no setting of the host has a part in it", "", ""});
    finding.evidence.push_back(ZoneEvidence(event, event.zones.front()));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
