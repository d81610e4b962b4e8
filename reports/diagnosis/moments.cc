#include "reports/diagnosis/moments.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <tuple>

#include "parsers/envelope/stamp.h"
#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr int64_t kMicroseconds = 1000000;
constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

std::optional<PrintedTime> PrintedTimeOf(const EventFacts& event) {
  std::optional<PrintedTime> time;
  if (event.local_time) time = ParsePrintedTime(*event.local_time);
  if (!time && event.time) time = ParsePrintedTime(*event.time);
  return time;
}

using Clock = std::optional<int64_t> (*)(const EventFacts& base, const EventFacts& event);

std::optional<int64_t> WallClock(const EventFacts& base, const EventFacts& event) {
  if (!base.time_us || !event.time_us) return std::nullopt;
  return *event.time_us - *base.time_us;
}

std::optional<int64_t> PrintedClock(const EventFacts& base, const EventFacts& event) {
  std::optional<PrintedTime> from = PrintedTimeOf(base);
  std::optional<PrintedTime> to = PrintedTimeOf(event);
  if (!from || !to) return std::nullopt;
  if (!from->year || !to->year) from->year = to->year = std::nullopt;
  return SecondsBetween(*from, *to) * kMicroseconds;
}

std::optional<int64_t> UptimeClock(const EventFacts& base, const EventFacts& event) {
  const bool same_boot = base.boot_id == event.boot_id;
  if (!base.uptime_us || !event.uptime_us || !same_boot) return std::nullopt;
  return *event.uptime_us - *base.uptime_us;
}

constexpr std::array<Clock, 3> kClocks = {WallClock, PrintedClock, UptimeClock};

// The first clock that every dated event shows; none if they mix.
Clock CommonClock(const std::vector<EventFacts>& events, const EventFacts& base) {
  for (const Clock clock : kClocks) {
    const bool all = std::all_of(events.begin(), events.end(), [&](const EventFacts& event) {
      return !event.dated() || clock(base, event).has_value();
    });
    if (all) return clock;
  }
  return nullptr;
}

// "244 s", "3 d 19 h": the log counts seconds, a reader days. The moments below the headline have
// the seconds.
std::string UptimeText(int64_t seconds) {
  constexpr int64_t kDay = 86400;
  return seconds < kDay ? fmt::format("{} s", seconds) : SpanText(seconds);
}

bool StandsBefore(const EventFacts& one, const EventFacts& other) {
  return std::tie(one.source_id, one.first_line, one.first_column, one.id) <
         std::tie(other.source_id, other.first_line, other.first_column, other.id);
}

}  // namespace

std::optional<PrintedTime> ParsePrintedTime(std::string_view text) {
  const std::optional<Stamp> stamp = ParseStamp(text);
  return stamp ? std::optional(stamp->clock) : std::nullopt;
}

std::optional<int64_t> SecondsFromTo(const EventFacts& from, const EventFacts& to) {
  for (const Clock clock : kClocks) {
    const std::optional<int64_t> distance = clock(from, to);
    if (distance) return *distance / kMicroseconds;
  }
  return std::nullopt;
}

void OrderEvents(std::vector<EventFacts>& events) {
  // Mostly they are in order already, and they are large to move.
  if (!std::is_sorted(events.begin(), events.end(), StandsBefore))
    std::sort(events.begin(), events.end(), StandsBefore);
  const auto base = std::find_if(events.begin(), events.end(),
                                 [](const EventFacts& event) { return event.dated(); });
  if (base == events.end()) return;
  const Clock clock = CommonClock(events, *base);
  if (!clock) return;
  struct Keyed {
    int64_t key;
    std::size_t index;
  };
  std::vector<Keyed> keys;
  int64_t latest = std::numeric_limits<int64_t>::min();
  for (std::size_t i = 0; i < events.size(); ++i) {
    if (i > 0 && events[i].source_id != events[i - 1].source_id) {
      latest = std::numeric_limits<int64_t>::min();
    }
    const int64_t key = events[i].dated() ? clock(*base, events[i]).value_or(latest) : latest;
    latest = std::max(latest, key);
    keys.push_back({key, i});
  }
  const auto earlier = [](const Keyed& one, const Keyed& other) { return one.key < other.key; };
  if (std::is_sorted(keys.begin(), keys.end(), earlier)) return;
  std::stable_sort(keys.begin(), keys.end(), earlier);
  std::vector<EventFacts> ordered;
  ordered.reserve(events.size());
  for (const Keyed& keyed : keys) ordered.push_back(std::move(events[keyed.index]));
  events = std::move(ordered);
}

std::string DayText(const EventFacts& event) {
  const std::optional<PrintedTime> time = PrintedTimeOf(event);
  if (time)
    return fmt::format("{} {}", kMonths[static_cast<std::size_t>(time->month - 1)], time->day);
  if (event.uptime_us) return UptimeText(*event.uptime_us / kMicroseconds) + " after boot";
  return "";
}

std::string SecondText(const EventFacts& event) {
  if (const std::optional<PrintedTime> time = PrintedTimeOf(event))
    return fmt::format("{} {:02}:{:02}:{:02}", DayText(event), time->hour, time->minute,
                       time->second);
  if (!event.uptime_us) return "";
  return fmt::format("{}.{:03} s after boot", *event.uptime_us / kMicroseconds,
                     *event.uptime_us % kMicroseconds / 1000);
}

std::string DayTextBeside(const IncidentFacts& facts, const EventFacts& event,
                          bool (*tells)(const EventFacts&)) {
  const std::string day = DayText(event);
  const bool shared =
      std::any_of(facts.events.begin(), facts.events.end(), [&](const EventFacts& other) {
        return other.id != event.id && tells(other) && DayText(other) == day;
      });
  return shared ? SecondText(event) : day;
}

std::string OnDay(const std::string& day) {
  if (day.empty()) return "";
  return (day.ends_with("after boot") ? " at " : " on ") + day;
}

std::string StartOnDay(const std::string& day) {
  if (day.empty()) return "";
  return (day.ends_with("after boot") ? "At " : "On ") + day;
}

std::string MomentText(const EventFacts& event) {
  const std::optional<PrintedTime> time = PrintedTimeOf(event);
  if (time) {
    return fmt::format("{} {:2} {:02}:{:02}:{:02}",
                       kMonths[static_cast<std::size_t>(time->month - 1)], time->day, time->hour,
                       time->minute, time->second);
  }
  if (event.uptime_us) {
    return fmt::format("uptime {}.{:03} s", *event.uptime_us / kMicroseconds,
                       *event.uptime_us % kMicroseconds / 1000);
  }
  return "~";
}

}  // namespace kautopsy
