#include "parsers/envelope/newest_first.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include "base/text.h"
#include "parsers/envelope/dmesg_json.h"
#include "parsers/envelope/journal_json.h"
#include "parsers/envelope/journal_verbose.h"
#include "parsers/envelope/printk_prefix.h"
#include "parsers/envelope/repair.h"
#include "parsers/envelope/stamp.h"

namespace kautopsy {
namespace {

constexpr int64_t kMicroseconds = 1'000'000;

// Clocks are set back, machines start again, and a few lines that somebody listed may stand in any
// order.
constexpr int kLeastFalls = 8;
// Entries of one second may stand in any order, so some rise in a log that is turned round; of the
// lines of several hosts as many rise as fall.
constexpr int kFallsPerRise = 16;
// A log in its right order is known by these, and most of it is not looked at.
constexpr int kEnoughRises = 4;

// Readings are only compared with others of their kind.
enum class Clock : std::uint8_t { kEpoch, kOfYear, kUptime };

struct Reading {
  Clock clock;
  int64_t us;
};

Reading ReadingOf(const Stamp& stamp) {
  const PrintedTime time = stamp.Time();
  if (const std::optional<int64_t> us = MicrosecondsSinceEpoch(time)) return {Clock::kEpoch, *us};
  return {Clock::kOfYear, MicrosecondsOfYear(time)};
}

// A number of microseconds since the epoch, or of seconds since boot, or a stamp.
std::optional<Reading> ReadJsonValue(std::string_view value) {
  value = TrimBlanks(value);
  const bool quoted = ConsumePrefix(value, "\"");
  value = value.substr(0, value.find_first_of(quoted ? "\"" : ",} "));
  if (const std::optional<int64_t> us = ParseInteger(value)) return Reading{Clock::kEpoch, *us};
  if (quoted) {
    const std::optional<Stamp> stamp = ParseStamp(value);
    return stamp ? std::optional(ReadingOf(*stamp)) : std::nullopt;
  }
  double seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  if (error != std::errc() || end != value.data() + value.size()) return std::nullopt;
  const std::optional<int64_t> us = UptimeOfSeconds(seconds);
  return us ? std::optional(Reading{Clock::kUptime, *us}) : std::nullopt;
}

// The time in an object of JSON, or in a line of one that takes several: as the journal and dmesg
// write it, and the collectors that ParseJsonLine() knows.
std::optional<Reading> ReadJson(std::string_view line) {
  static constexpr std::array<std::string_view, 4> kNames = {"\"__REALTIME_TIMESTAMP\"", "\"time\"",
                                                             "\"@timestamp\"", "\"timestamp\""};
  for (const std::string_view name : kNames) {
    const std::size_t at = line.find(name);
    if (at == std::string_view::npos) continue;
    std::string_view rest = TrimBlanks(line.substr(at + name.size()));
    if (!ConsumePrefix(rest, ":")) continue;
    if (const std::optional<Reading> reading = ReadJsonValue(rest)) return reading;
  }
  return std::nullopt;
}

std::optional<Reading> ReadStamp(std::string_view line) {
  using Consume = std::optional<Stamp> (*)(std::string_view&);
  static constexpr std::array<Consume, 6> kForms = {ConsumeSyslogStamp,    ConsumeIsoStamp,
                                                    ConsumeFullStamp,      ConsumeUnixStamp,
                                                    ConsumeBracketedStamp, ConsumeLogcatStamp};
  for (const Consume consume : kForms) {
    std::string_view rest = line;
    if (const std::optional<Stamp> stamp = consume(rest)) return ReadingOf(*stamp);
  }
  if (!ConsumePrefix(line, "[")) return std::nullopt;
  const std::optional<Stamp> stamp = ConsumeWallStamp(line);
  return stamp ? std::optional(ReadingOf(*stamp)) : std::nullopt;
}

std::optional<Reading> ReadLine(std::string_view line) {
  if (ConsumePrefix(line, "__REALTIME_TIMESTAMP=")) {  // journalctl -o export
    const std::optional<int64_t> us = ParseInteger(StripLineEnd(line));
    return us ? std::optional(Reading{Clock::kEpoch, *us}) : std::nullopt;
  }
  if (const std::optional<int64_t> us = JournalVerbose::TimeOf(line))
    return Reading{Clock::kEpoch, *us};
  const std::string_view text = TrimBlanks(line);
  if (text.empty()) return std::nullopt;
  if (text[0] == '"' || !JsonObjectOf(text).empty()) return ReadJson(text);
  ConsumePriority(line);
  if (const std::optional<int64_t> us = ReadUptime(line)) return Reading{Clock::kUptime, *us};
  return ReadStamp(line);
}

class OrderCounter {
 public:
  void Count(const Reading& reading) {
    std::optional<int64_t>& last = last_.at(static_cast<std::size_t>(reading.clock));
    int64_t step = last ? reading.us - *last : 0;
    constexpr int64_t kHalfYear = int64_t{183} * 24 * 3600 * kMicroseconds;
    // New Year lies between.
    if (reading.clock == Clock::kOfYear && std::abs(step) > kHalfYear) step = -step;
    last = reading.us;
    if (step < 0) ++falls_;
    if (step > 0) ++rises_;
  }
  bool falls() const { return falls_ >= kLeastFalls && rises_ * kFallsPerRise <= falls_; }
  bool rises() const { return rises_ >= kEnoughRises && rises_ * kFallsPerRise > falls_; }

 private:
  std::array<std::optional<int64_t>, 3> last_;  // by Clock
  int falls_ = 0;
  int rises_ = 0;
};

}  // namespace

bool IsNewestFirst(std::string_view head) {
  OrderCounter order;
  while (!head.empty() && !order.rises()) {
    const std::size_t end = std::min(head.find('\n'), head.size());
    if (const std::optional<Reading> reading = ReadLine(head.substr(0, end))) order.Count(*reading);
    head.remove_prefix(std::min(end + 1, head.size()));
  }
  return order.falls();
}

}  // namespace kautopsy
