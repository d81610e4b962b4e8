#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "base/time.h"

namespace kautopsy {

// A clock reading at the head of a line.
struct Stamp {
  PrintedTime clock;                          // as printed
  std::optional<std::chrono::minutes> ahead;  // of UTC, if the zone is printed, too
  std::string_view text;

  // In UTC if the zone is known.
  PrintedTime Time() const { return ahead ? InUtc(clock, *ahead) : clock; }
};

// True if `text` looks like "Nov 20 12:42:42 ", told by a few bytes: most lines are sorted by this.
bool LooksLikeSyslogStamp(std::string_view text);

// Each takes one form of stamp off the head of `text`, the blank behind it too; none, and `text`
// unchanged, if another form or none stands there.

// "Nov 20 12:42:42", a fraction may follow (RFC 3164, section 4.1.2; journalctl -o short-precise).
std::optional<Stamp> ConsumeSyslogStamp(std::string_view& text);
// "2024-05-01T12:00:00.123456+02:00", with 'Z', "+0200" or no zone, the comma of dmesg
// --time-format iso, and a blank in place of the T (RFC 3339).
std::optional<Stamp> ConsumeIsoStamp(std::string_view& text);
// "Sun 2026-11-22 10:50:42 UTC" (journalctl -o short-full): the zone counts only if it is UTC.
std::optional<Stamp> ConsumeFullStamp(std::string_view& text);
// "1795344642.509378" (journalctl -o short-unix).
std::optional<Stamp> ConsumeUnixStamp(std::string_view& text);
// "[2025-02-19 05:55:58] ", which programs that record a serial line put before what it prints.
std::optional<Stamp> ConsumeBracketedStamp(std::string_view& text);
// "Sun Nov 22 10:50:41 2026" (dmesg -T, OpenWrt's logread), the weekday in any language, the month
// also as "7月". No blank behind it is taken.
std::optional<Stamp> ConsumeWallStamp(std::string_view& text);
// "05-01 12:00:00.123" (Android's logcat).
std::optional<Stamp> ConsumeLogcatStamp(std::string_view& text);

// The whole of `text` as a stamp of any of these forms.
std::optional<Stamp> ParseStamp(std::string_view text);

}  // namespace kautopsy
