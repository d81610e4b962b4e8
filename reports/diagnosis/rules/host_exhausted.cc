#include <fmt/core.h>

#include "reports/diagnosis/balance.h"
#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/watermark.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

// Programs hold the memory when anonymous pages are more than half of RAM; what is not theirs would
// have been named by the rules before this one.
constexpr double kProgramsShare = 0.5;
// Swap counts as full when less than this share is free.
constexpr double kSwapFullShare = 0.05;

struct Exhaustion {
  int64_t programs_kb = 0;
  int64_t ram_kb = 0;
  bool from_table = false;  // the sum of the process table, as the report prints no counters
  bool swap_full = true;    // or absent
  bool swap_known = false;
};

std::optional<Exhaustion> Measure(const IncidentFacts& facts, const EventFacts& event) {
  const Integer ram_kb = RamKb(facts, event);
  if (!ram_kb) return std::nullopt;
  Exhaustion result;
  result.ram_kb = *ram_kb;
  if (event.mem && event.mem->anon_pages) {
    result.programs_kb =
        (*event.mem->anon_pages + event.mem->unevictable_pages.value_or(0)) * event.page_kb();
  } else if (event.tasks.rss_kb) {
    result.programs_kb = *event.tasks.rss_kb;
    result.from_table = true;
  } else {
    return std::nullopt;
  }
  if (event.mem && event.mem->total_swap_kb && event.mem->free_swap_kb) {
    result.swap_known = true;
    result.swap_full = static_cast<double>(*event.mem->free_swap_kb) <=
                       kSwapFullShare * static_cast<double>(*event.mem->total_swap_kb);
  }
  return result;
}

// The re-run must not have found room for a single page, or only what is kept between the marks.
bool Applies(const EventFacts& event) {
  const bool group = event.oom && event.oom->constraint_kind == "memcg";
  if (group || !event.rerun) return false;
  const bool killed = event.oom && event.rerun->request.order <= 0;
  return event.rerun->single_served == false || (killed && BelowHighMarks(event));
}

Finding Describe(const IncidentFacts& facts, const EventFacts& event, const Exhaustion& found) {
  Finding finding;
  finding.rule = "host_exhausted";
  finding.cause = "host_exhausted";
  finding.role = Role::kPrimary;
  finding.severity = event.kills.empty() ? Severity::kMinor : Severity::kMajor;
  finding.event_id = event.id;
  finding.when = DayText(event);
  const std::string share =
      PercentNumber(static_cast<double>(found.programs_kb), static_cast<double>(found.ram_kb));
  finding.title = fmt::format("{} had used up its memory: programs held {} of {} = {} %.",
                              OnDayHost(facts, event), SizeText(found.programs_kb),
                              SizeText(found.ram_kb), share);
  finding.brief = fmt::format("programs filled the memory: {} %", share);
  finding.explanation = "No zone that the request may use had memory to spare:";
  for (const ZoneCheck& check : event.rerun->checks) {
    if (check.eligible) finding.explanation += " " + CheckWords(check) + ".";
  }
  if (found.swap_known) {
    finding.explanation += found.swap_full ? " Swap is full or absent." : " Swap had room left.";
  }
  finding.recommendation =
      "Make programs use less or add memory; compare the largest ones of this report "
      "with an earlier one to see which grew.";
  return finding;
}

}  // namespace

// No zone has memory to spare, and programs hold most of the memory.
std::optional<Finding> RuleHostExhausted(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!Applies(event)) continue;
    const std::optional<Exhaustion> found = Measure(facts, event);
    if (!found) continue;
    const bool most = static_cast<double>(found->programs_kb) >
                      kProgramsShare * static_cast<double>(found->ram_kb);
    if (!most) continue;
    Finding finding = Describe(facts, event, *found);
    const bool sure = !event.rerun->request.assumed && !found->from_table && found->swap_known &&
                      found->swap_full;
    finding.confidence = sure ? Confidence::kHigh : Confidence::kMedium;
    if (found->programs_kb > found->ram_kb) DistrustShare(finding);
    for (const ZoneFacts& zone : event.zones) finding.evidence.push_back(ZoneEvidence(event, zone));
    if (event.mem) finding.evidence.push_back(CounterEvidence(event, "active_anon:"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
