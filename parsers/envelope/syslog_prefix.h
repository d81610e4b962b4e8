#pragma once

#include <cstddef>
#include <string_view>

#include "parsers/envelope/envelope.h"
#include "parsers/envelope/log_line.h"

namespace kautopsy {

// What follows the stamp of a syslog line.
struct Sender {
  LineClass line_class = LineClass::kUnknown;
  std::string_view host;  // may be missing
  std::string_view text;  // only of the kernel's and the witnesses' lines
};

// "host kernel: text", "kernel: text", "host kern.warn kernel: text", and "host kernel - - - text"
// (RFC 5424). Witnesses are those that IsWitness() names.
Sender SenderOf(std::string_view text);

// True only for what SenderOf() calls another program's: a quick answer for most lines of most
// logs.
bool IsPlainlyOthers(std::string_view text);

// Where the text begins behind "host kernel: "; 0 if something else stands there, or only
// SenderOf() can tell.
std::size_t BehindKernelTag(std::string_view text);

// True for the tag of a program that kills processes before the kernel has to
// ("systemd-oomd[581]:", "earlyoom[904]:") or tells that messages were lost ("rsyslogd-2177:",
// "systemd-journald[77]:"), or saves a crashed kernel's memory ("kdump[527]:").
bool IsWitness(std::string_view tag);

// What syslog daemons, the journal and containers put before a text. Each takes one prefix off the
// head of `text` and notes in `line` what it says; false, and nothing changed, if another one or
// none stands there, or another program's name.

// Begins with a letter: "Nov 20 12:42:42 host kernel: ", "Sun 2026-11-22 10:50:42 UTC host kernel:
// ", and "Nov 20 12:42:42 host " where untagged.h knows the text.
bool ConsumeNamedStamp(std::string_view& text, LogLine& line);

// Begins with a digit: ISO stamps, seconds since the epoch, Android's logcat; a container's "stdout
// F " follows the ISO stamp, or nothing (dmesg --time-format iso).
bool ConsumeNumericStamp(std::string_view& text, LogLine& line);

// "апр 28 01:23:30 host kernel: ", "2024/05/03 11:05:35 kernel: ": dates in languages and forms
// that are not known here, before a clock and the kernel's or a witness's tag. Such a time is kept
// as printed only.
bool ConsumeForeignStamp(std::string_view& text, LogLine& line);

// "kernel: " alone.
bool ConsumeKernelTag(std::string_view& text);

// "message repeated 2 times: [ text]" (rsyslog).
bool ConsumeRepetition(std::string_view& text);

// `text` without what stands behind the program's words: " [kern.warning]", facility and severity
// as templates write them there (rsyslog, properties syslogfacility-text and syslogseverity-text),
// and blanks and "[7/972]", the place in the history that a terminal shows at the right edge of its
// first line while one copies from it (tmux, window-copy.c, window_copy_write_line()).
std::string_view StripNotes(std::string_view text);

}  // namespace kautopsy
