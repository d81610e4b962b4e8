#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "parsers/envelope/log_line.h"

namespace kautopsy {

// What printk and the programs that print its buffer (dmesg, /dev/kmsg) put before a text. Each
// takes one prefix off the head of `text` and notes in `line` what it says; false, and nothing
// changed, if another one or none stands there.

// Everything that stands in brackets: "[   12.345678] ", "[  T12] ", "[Sun Nov 22 10:50:41 2026] ",
// "[  +0.000123] ", "[<    0.000123>] ", "[Nov22 10:50] ", "[2025-02-19 05:55:58] " before an
// uptime; behind an uptime also "[03-19 10:05:52.172] " and "host kernel: ".
bool ConsumeBracket(std::string_view& text, LogLine& line);

// The microseconds of the "[12345.678901]" that stands at the head of `text`; none if none does.
std::optional<int64_t> ReadUptime(std::string_view text);
inline bool StartsWithUptime(std::string_view text) { return ReadUptime(text).has_value(); }

// "12345.678901] ": the bracket before it was not copied.
bool ConsumeBrokenBracket(std::string_view& text, LogLine& line);

// "<4>", and the blanks that some serial consoles print behind it.
bool ConsumePriority(std::string_view& text);

// "6,1234,5678901,-,caller=T99;" (kernel/printk/printk.c, msg_print_ext_header()).
bool ConsumeKmsgHeader(std::string_view& text, LogLine& line);

// "kern  :warn  : " (dmesg -x).
bool ConsumeDmesgLevel(std::string_view& text);

}  // namespace kautopsy
