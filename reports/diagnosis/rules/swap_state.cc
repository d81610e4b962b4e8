#include <fmt/core.h>

#include "reports/diagnosis/evidence.h"
#include "reports/diagnosis/rules/draft.h"
#include "reports/diagnosis/rules/rules.h"
#include "reports/diagnosis/rules/swapoff.h"
#include "reports/diagnosis/wording.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr double kFullShare = 0.05;
constexpr double kRoomyShare = 0.5;

// What a kill tells with this much swap left.
std::string RoomWords(const IncidentFacts& facts, const EventFacts& event) {
  const std::optional<Finding> low_zone = RuleLowZone(facts);
  if (low_zone && low_zone->event_id == event.id)
    return "What was short is memory of certain zones, of which the kernel's own data and what "
           "devices reach takes most: swap cannot hold that.";
  const bool piece = event.oom->order.value_or(0) > 0;
  const bool single = !event.rerun || event.rerun->single_served != false;
  if (piece && single) return "The kill was about pieces of memory, not about its amount.";
  return "Either the programs' memory could not be swapped (locked, or vm.swappiness=0), or what "
         "was short is memory that never goes to swap.";
}

// Who has what lies in swap. Entries of programs' own memory are counted per program (mm/rmap.c,
// try_to_unmap_one(): MM_SWAPENTS, which mm/oom_kill.c, dump_task() prints); those of shared memory
// and tmpfs belong to their files (mm/shmem.c, shmem_writepage()). What a fork shares counts for
// each (mm/memory.c, copy_nonpresent_pte()). Where only some nodes count, the table leaves out who
// has nothing on them (mm/oom_kill.c, oom_cpuset_eligible()).
std::string HolderWords(const EventFacts& event) {
  constexpr double kAllShare = 0.9;
  constexpr double kNotableShare = 0.1;
  const Text& constraint = event.oom->constraint_kind;
  const bool whole_table = event.complete && (!constraint || constraint == "none");
  const int64_t used_kb = *event.mem->total_swap_kb - *event.mem->free_swap_kb;
  if (!whole_table || !event.tasks.swap_pages ||
      ShareOf(used_kb, *event.mem->total_swap_kb) < kNotableShare)
    return "";
  const int64_t programs_kb = *event.tasks.swap_pages * event.page_kb();
  if (ShareOf(programs_kb, used_kb) >= kAllShare) return " It holds memory of programs.";
  return fmt::format(
      " Programs had at most {} of the {} in it; the rest is shared memory and tmpfs, or is back "
      "in RAM "
      "and "
      "kept its place [swap cache].",
      SizeText(programs_kb), SizeText(used_kb));
}

}  // namespace

// What the state of swap says at a kill: without swap the memory of programs cannot leave RAM.
std::optional<Finding> RuleSwapState(const IncidentFacts& facts) {
  for (const EventFacts& event : facts.events) {
    if (!event.oom || !IsShortage(event) || !event.mem || SwapoffAt(event)) continue;
    const Integer& total = event.mem->total_swap_kb;
    const Integer& free = event.mem->free_swap_kb;
    if (!total || !free) continue;
    const double left = ShareOf(*free, *total);
    if (*total > 0 && left > kFullShare && left < kRoomyShare) continue;
    Finding finding = DraftContext("swap_state", event);
    finding.confidence = *total > 0 && left >= kRoomyShare ? Confidence::kLow : Confidence::kHigh;
    finding.confidence_why = finding.confidence == Confidence::kLow
                                 ? "why it was not used is not in the text"
                                 : "the report prints it";
    const std::string host = OnDayHost(facts, event);
    if (*total == 0) {
      finding.title = host + " has no swap.";
      finding.brief = "no swap";
      finding.explanation = "Memory of programs cannot leave RAM then: a leak ends in a kill soon.";
    } else if (left <= kFullShare) {
      finding.title = fmt::format("{} had used up its swap: {} of {} free.", host, SizeText(*free),
                                  SizeText(*total));
      finding.brief = "swap used up";
      finding.explanation = "Memory of programs could not leave RAM any more.";
    } else {
      finding.title = fmt::format("{} killed with {} of {} swap free.", host, SizeText(*free),
                                  SizeText(*total));
      finding.brief = "swap had room";
      finding.explanation = RoomWords(facts, event);
    }
    if (*total > 0) finding.explanation += HolderWords(event);
    finding.evidence.push_back(CounterEvidence(event, "Free swap"));
    return finding;
  }
  return std::nullopt;
}

}  // namespace kautopsy
