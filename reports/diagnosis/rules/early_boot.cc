#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

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

// What of the zones' memory the kernel has set up for use, where that is a tiny part: with deferred
// struct page init most of it is handed over later, by threads of the kernel (mm/page_alloc.c,
// page_alloc_init_late(), CONFIG_DEFERRED_STRUCT_PAGE_INIT, since 4.2).
struct SetUp {
  int64_t managed_kb = 0;
  int64_t present_kb = 0;
};

std::optional<SetUp> SetUpInPart(const IncidentFacts& facts, const EventFacts& event) {
  constexpr int kTinyPart = 20;
  const KernelVersion kernel = KernelOf(facts, event);
  if (kernel.known() && !kernel.AtLeast(4, 2)) return std::nullopt;
  SetUp part;
  for (const ZoneFacts& zone : event.zones) {
    if (!zone.managed_kb || !zone.present_kb) return std::nullopt;
    part.managed_kb += *zone.managed_kb;
    part.present_kb += *zone.present_kb;
  }
  const bool tiny = part.managed_kb > 0 && part.managed_kb < part.present_kb / kTinyPart;
  return tiny ? std::optional(part) : std::nullopt;
}

void DescribePart(const IncidentFacts& facts, const EventFacts& event, const SetUp& part,
                  Finding& finding) {
  finding.title = fmt::format(
      "{} had set up only {} of {} of its memory, and that was used up: a bug of the kernel.",
      OnDayHost(facts, event), SizeText(part.managed_kb), SizeText(part.present_kb));
  finding.brief = "the part of memory that was set up so far was used up";
  finding.explanation = fmt::format(
      "The zones hold {}, and the kernel manages {} of it so far; nothing is free and no mark is "
      "set. Early in the boot only a part of memory is made ready for use, and the rest later "
      "[CONFIG_DEFERRED_STRUCT_PAGE_INIT]: that part was too small for what the boot needs.",
      SizeText(part.present_kb), SizeText(part.managed_kb));
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
    if (const std::optional<SetUp> part = SetUpInPart(facts, event))
      DescribePart(facts, event, *part, finding);
    finding.advice.push_back({"report it to those who built the kernel, with the call trace",
                              "no setting of the host has a part in it", "", ""});
    finding.evidence.push_back(ZoneEvidence(event, event.zones.front()));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
