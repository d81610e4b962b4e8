#include "reports/diagnosis/refusal_rate.h"

#include <fmt/core.h>

#include <algorithm>

#include "reports/diagnosis/moments.h"
#include "reports/diagnosis/refusal_words.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr int64_t kMinuteSeconds = 60;

bool SameKind(const EventFacts& event, const EventFacts& other_event) {
  const RefusalFacts& one = *event.refusal;
  const RefusalFacts& other = *other_event.refusal;
  if (OwnKind(event) != OwnKind(other_event)) return false;
  const bool same_area =
      one.area == other.area && one.size_pages == other.size_pages && one.error == other.error;
  return same_area && one.order == other.order && one.gfp_mask == other.gfp_mask &&
         one.blame_symbol == other.blame_symbol && one.blame_module == other.blame_module;
}

// The most of `seconds`, which rise, within a minute.
int64_t WorstMinute(const std::vector<int64_t>& seconds) {
  std::size_t worst = 0;
  std::size_t begin = 0;
  for (std::size_t end = 0; end < seconds.size(); ++end) {
    while (seconds[end] - seconds[begin] >= kMinuteSeconds) ++begin;
    worst = std::max(worst, end - begin + 1);
  }
  return static_cast<int64_t>(worst);
}

int64_t WorstMinuteOf(const IncidentFacts& facts, const RefusalGroup& group) {
  std::vector<int64_t> seconds;
  for (const EventFacts& event : facts.events) {
    if (!event.refusal || !SameKind(event, *group.first)) continue;
    const std::optional<int64_t> at = SecondsFromTo(*group.first, event);
    if (!at) return 0;
    seconds.push_back(*at);
  }
  std::sort(seconds.begin(), seconds.end());
  return WorstMinute(seconds);
}

// mm/page_alloc.c, warn_alloc(): nopage_rs, 10 reports in 5 s at first; one in 10 s in 5.5.
bool PrintsOneInTenSeconds(const IncidentFacts& facts, const EventFacts& event) {
  return event.refusal->kind == "failure" && KernelOf(facts, event).AtLeast(5, 5);
}

}  // namespace

std::vector<RefusalGroup> GroupRefusals(const IncidentFacts& facts) {
  std::vector<RefusalGroup> groups;
  for (const EventFacts& event : facts.events) {
    if (!event.refusal) continue;
    const auto same = std::find_if(groups.begin(), groups.end(), [&](const RefusalGroup& group) {
      return SameKind(*group.first, event);
    });
    if (same != groups.end())
      ++same->count;
    else
      groups.push_back({&event, 1, 0, facts.lost_lines, PrintsOneInTenSeconds(facts, event)});
  }
  for (RefusalGroup& group : groups) {
    if (group.count > 1) group.worst_minute = WorstMinuteOf(facts, group);
  }
  return groups;
}

std::string RateWords(const RefusalGroup& group) {
  if (group.count == 1 && group.log_lost_lines) return "Seen once, but lines of the log are lost.";
  if (group.count == 1) return "Seen once.";
  std::string words = fmt::format("Seen {} times", Thousands(group.count));
  if (group.worst_minute > 0)
    words += fmt::format(", {} in the worst minute", Thousands(group.worst_minute));
  if (group.log_lost_lines) return words + " (at least: lines of the log are lost).";
  if (group.kernel_kept_back) return words + " (at least: this kernel prints one in 10 s).";
  return words + ".";
}

}  // namespace kautopsy
