#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/rules/hardware.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

struct Category {
  std::string_view kinds;  // of events, with a blank around each
  std::string_view one;
  std::string_view several;
};

constexpr std::array<Category, 8> kCategories = {
    {{" alloc_failure alloc_stall ", "failed allocation", "failed allocations"},
     {" oom ", "run of the OOM killer", "runs of the OOM killer"},
     {" userspace_kill ", "kill by a daemon", "kills by a daemon"},
     {" hung_task soft_lockup hard_lockup rcu_stall ", "stall", "stalls"},
     {" oops gpf bug panic ", "crash", "crashes"},
     {" io_error fs_error ", "storage error", "storage errors"},
     {" segfault ", "crashed process", "crashed processes"},
     {" mce ", "hardware error", "hardware errors"}}};

const Category* CategoryOf(const EventFacts& event) {
  const auto found = std::find_if(kCategories.begin(), kCategories.end(), [&](const auto& entry) {
    return entry.kinds.find(" " + event.kind + " ") != std::string_view::npos;
  });
  return found == kCategories.end() ? nullptr : &*found;
}

struct Phase {
  const Category* category = nullptr;
  int64_t count = 0;
  int64_t from_s = 0;  // since the incident began
  int64_t to_s = 0;
};

// One phase per category, in the order in which they began.
std::vector<Phase> PhasesOf(const IncidentFacts& facts) {
  std::vector<Phase> phases;
  const EventFacts* first = nullptr;
  for (const EventFacts& event : facts.events) {
    const Category* const category = CategoryOf(event);
    if (!category || !event.dated()) continue;
    if (!event.hardware_errors.empty() && RealErrors(facts, event).empty()) continue;
    if (!first) first = &event;
    const std::optional<int64_t> since = SecondsFromTo(*first, event);
    if (!since) continue;
    auto phase = std::find_if(phases.begin(), phases.end(),
                              [&](const Phase& entry) { return entry.category == category; });
    if (phase == phases.end()) phase = phases.insert(phases.end(), {category, 0, *since, *since});
    ++phase->count;
    phase->to_s = std::max(phase->to_s, *since);
  }
  return phases;
}

std::string PhaseWords(const Phase& phase) {
  std::string words = phase.from_s > 0 ? fmt::format("after {} ", SpanText(phase.from_s)) : "";
  words += fmt::format("{} {}", Thousands(phase.count),
                       phase.count == 1 ? phase.category->one : phase.category->several);
  if (phase.count > 1 && phase.to_s > phase.from_s)
    words += fmt::format(" in {}", SpanText(phase.to_s - phase.from_s));
  return words;
}

}  // namespace

// What happened one after the other: failures before a kill, stalls after it, a crash at the end.
std::optional<Finding> RuleCourse(const IncidentFacts& facts) {
  if (facts.case_file) return std::nullopt;  // its days are told one by one
  const std::vector<Phase> phases = PhasesOf(facts);
  constexpr int64_t kManyAlike = 3;
  const bool tells = phases.size() > 1 || (phases.size() == 1 && phases[0].count >= kManyAlike);
  if (!tells) return std::nullopt;
  Finding finding;
  finding.rule = "course";
  finding.role = Role::kContext;
  finding.confidence = Confidence::kHigh;
  for (const Phase& phase : phases) {
    if (!finding.brief.empty()) finding.brief += "; ";
    finding.brief += PhaseWords(phase);
  }
  finding.title = fmt::format("In this order: {}.", finding.brief);
  finding.explanation = "Counted by the records of the log, by their own clocks.";
  return finding;
}

}  // namespace kautopsy
