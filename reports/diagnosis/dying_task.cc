#include "reports/diagnosis/dying_task.h"

#include <algorithm>

#include "reports/diagnosis/moments.h"

namespace kautopsy {
namespace {

// A victim that has not ended by then is stuck; later the pid may be another task's.
constexpr int64_t kDyingSeconds = 60;

// From the kill to the refusal; none if one cannot have followed the other on the same boot.
std::optional<int64_t> SecondsToDeath(const EventFacts& kill, const EventFacts& refusal) {
  if (kill.host != refusal.host || kill.boot_id != refusal.boot_id) return std::nullopt;
  if (kill.uptime_us && refusal.uptime_us && kill.uptime_us > refusal.uptime_us)
    return std::nullopt;
  return SecondsFromTo(kill, refusal);
}

// Where the event stands; behind the last one if it is a copy.
std::size_t PlaceOf(const IncidentFacts& facts, const EventFacts& event) {
  const auto found = std::find_if(facts.events.begin(), facts.events.end(),
                                  [&](const EventFacts& other) { return &other == &event; });
  return static_cast<std::size_t>(std::distance(facts.events.begin(), found));
}

const KillFacts* KillOf(const EventFacts& event, const RefusalFacts& asked) {
  const auto found =
      std::find_if(event.kills.begin(), event.kills.end(), [&](const KillFacts& kill) {
        return kill.pid == asked.pid && (!kill.comm || !asked.comm || kill.comm == asked.comm);
      });
  return found == event.kills.end() ? nullptr : &*found;
}

}  // namespace

const KillFacts* KilledBefore(const IncidentFacts& facts, const EventFacts& refusal) {
  if (!refusal.refusal || !refusal.refusal->pid || refusal.refusal->context != "process")
    return nullptr;
  for (std::size_t i = PlaceOf(facts, refusal); i-- > 0;) {
    const EventFacts& event = facts.events[i];
    const std::optional<int64_t> seconds = SecondsToDeath(event, refusal);
    if (seconds && *seconds > kDyingSeconds) return nullptr;  // those before are older still
    const KillFacts* const kill =
        seconds && *seconds >= 0 ? KillOf(event, *refusal.refusal) : nullptr;
    if (kill) return kill;
  }
  return nullptr;
}

}  // namespace kautopsy
