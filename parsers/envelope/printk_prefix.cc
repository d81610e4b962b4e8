#include "parsers/envelope/printk_prefix.h"

#include <algorithm>

#include "base/text.h"
#include "parsers/envelope/stamp.h"
#include "parsers/envelope/syslog_prefix.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Reads at most `most` digits at the head of `text`; their number.
std::size_t ReadDigits(std::string_view text, std::size_t most, int64_t& value) {
  std::size_t digits = 0;
  for (; digits < std::min(most, text.size()) && IsDigit(text[digits]); ++digits)
    value = value * 10 + (text[digits] - '0');
  return digits;
}

// Takes "[12345.678901] " off the head of `text`. printk prints seconds padded to 5 and
// microseconds (kernel/printk/printk.c, print_time()); a frame's "[<" is left alone.
std::optional<int64_t> ConsumeUptime(std::string_view& text) {
  constexpr std::size_t kMostDigits = 10;
  constexpr std::size_t kMicroDigits = 6;
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "[")) return std::nullopt;
  while (!rest.empty() && IsBlank(rest[0])) rest.remove_prefix(1);
  int64_t seconds = 0;
  const std::size_t digits = ReadDigits(rest, kMostDigits, seconds);
  if (digits == 0 || seconds > INT32_MAX || rest.size() == digits || rest[digits] != '.')
    return std::nullopt;
  rest.remove_prefix(digits + 1);
  int64_t micros = 0;
  if (ReadDigits(rest, kMicroDigits + 1, micros) != kMicroDigits) return std::nullopt;
  rest.remove_prefix(kMicroDigits);
  // "71.146532,0": the CPU, in Samsung's kernels.
  if (rest.size() > 2 && rest[0] == ',' && IsDigit(rest[1])) rest.remove_prefix(2);
  if (ConsumePrefix(rest, " <")) {  // dmesg -d: the time since the line before
    const std::size_t end = rest.find('>');
    if (end == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(end + 1);
  }
  if (!ConsumePrefix(rest, "]")) return std::nullopt;
  if (!ConsumePrefix(rest, " ")) ConsumePrefix(rest, ": ");  // seen in pasted logs
  text = rest;
  return seconds * 1000000 + micros;
}

// "[   T12]" or "[  C3]": the printing task or CPU (kernel/printk/printk.c, print_caller()); both,
// "[T12@C3]", in vendors' kernels.
bool ConsumeCaller(std::string_view& text, LogLine& line) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "[")) return false;
  rest = TrimBlanks(rest);
  const std::string_view caller = rest.substr(0, rest.find(']'));
  if (!ConsumePrefix(rest, "T") && !ConsumePrefix(rest, "C")) return false;
  if (!ConsumeInteger(rest)) return false;
  if (ConsumePrefix(rest, "@C") && !ConsumeInteger(rest)) return false;
  if (!ConsumePrefix(rest, "]")) return false;
  ConsumePrefix(rest, " ");
  line.caller = caller;
  text = rest;
  return true;
}

// "[  +0.000123] " and "[<    0.000471>] ": dmesg --reltime and --notime --show-delta.
bool ConsumeDelta(std::string_view& text) {
  constexpr std::size_t kLongestDelta = 24;
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "[")) return false;
  const bool angle = ConsumePrefix(rest, "<");
  rest = TrimBlanks(rest);
  if (!angle && !ConsumePrefix(rest, "+")) return false;
  if (rest.empty() || !IsDigit(rest[0])) return false;
  const std::size_t end = rest.substr(0, kLongestDelta).find(angle ? ">] " : "] ");
  const std::string_view figures = rest.substr(0, end);
  const bool seconds = figures.size() > 7 && figures[figures.size() - 7] == '.' &&
                       figures.find_first_not_of("0123456789.") == std::string_view::npos;
  if (end == std::string_view::npos || !seconds) return false;
  rest.remove_prefix(end + (angle ? 3 : 2));
  text = rest;
  return true;
}

// "[dim. févr.  2 10:50:41 2026] ": dmesg -T in a language of which the months are not known here;
// also with the day before the month, or with a zone.
bool ConsumeForeignTime(std::string_view& text, LogLine& line) {
  static const LogPattern kForm(
      R"re(\[([^\s\]\d]{1,16}(?: {1,2}[^\s\]]{1,16}){2} \d\d:\d\d:\d\d (?:[A-Z]{2,5} )?\d{4})\] ?(.*))re");
  const auto groups = MatchAll<2>(text, kForm);
  if (!groups) return false;
  line.local_time = (*groups)[0];
  text = (*groups)[1];
  return true;
}

// "[Sun Nov 22 10:50:41 2026] " (dmesg -T, which adds the uptime to the time of the boot: dmesg(1),
// --ctime).
bool ConsumeWallTime(std::string_view& text, LogLine& line) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "[")) return false;
  const std::optional<Stamp> stamp = ConsumeWallStamp(rest);
  if (!stamp || !ConsumePrefix(rest, "]")) return ConsumeForeignTime(text, line);
  ConsumePrefix(rest, " ");
  line.time = stamp->Time();
  line.time->from_uptime = true;
  line.local_time = stamp->text;
  text = rest;
  return true;
}

// "[Nov22 10:50] " (dmesg --reltime, where the minute changes): the lines below it count from here.
bool ConsumeMinute(std::string_view& text) {
  constexpr std::string_view kForm = "[Aaa99 99:99] ";
  if (text.size() < kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    const bool fits = kForm[i] == '9'   ? IsDigit(text[i]) || (i == 4 && text[i] == ' ')
                      : kForm[i] == 'A' ? text[i] >= 'A' && text[i] <= 'Z'
                      : kForm[i] == 'a' ? text[i] >= 'a' && text[i] <= 'z'
                                        : text[i] == kForm[i];
    if (!fits) return false;
  }
  text.remove_prefix(kForm.size());
  return true;
}

// "[2025-02-19 05:55:58] [  619.159053] ": other programs begin their lines like this, too.
bool ConsumeRecorderTime(std::string_view& text, LogLine& line) {
  std::string_view rest = text;
  const std::optional<Stamp> stamp = ConsumeBracketedStamp(rest);
  if (!stamp || !StartsWithUptime(rest)) return false;
  line.time = stamp->Time();
  line.local_time = stamp->text;
  text = rest;
  return true;
}

// "[03-19 10:05:52.172] " behind the uptime: the clock of vendors' kernels for Android.
bool ConsumeVendorClock(std::string_view& text, LogLine& line) {
  constexpr std::size_t kLongestClock = 24;
  std::string_view rest = text;
  const std::size_t end = rest.substr(0, kLongestClock).find("] ");
  if (!line.uptime_us || !ConsumePrefix(rest, "[") || end == std::string_view::npos) return false;
  const std::optional<Stamp> stamp = ParseStamp(rest.substr(0, end - 1));
  if (!stamp || stamp->clock.year_printed) return false;
  if (!line.time) {
    line.time = stamp->Time();
    line.local_time = stamp->text;
  }
  text = rest.substr(end + 1);
  return true;
}

// Sorts out nearly all lines by a few bytes: rows of process tables, "[ 3878]", and frames, "[<".
bool MayNameCaller(std::string_view text) {
  while (!text.empty() && text[0] == ' ') text.remove_prefix(1);
  if (text.size() < 4) return false;
  if (text[0] == 'I') text.remove_prefix(1);
  const char next = text[1];
  switch (text[0]) {
    case '[': {
      const std::size_t digit = text.find_first_not_of(' ', 1);
      return digit < text.size() - 1 && IsDigit(text[digit]) && text[digit + 1] == ':';
    }
    case 'c':
    case '(':
    case '<':
      return IsDigit(next);
    case '.':
    case '-':
      return next == '(';
    default:
      return false;
  }
}

// The processor and process that vendors' kernels print behind the uptime: " [3:  kswapd0:  442] "
// (Samsung), "<3>.(2)[442:kswapd0]" (MediaTek), "c0    442 (kswapd0) " (Marvell).
void ConsumeVendorCaller(std::string_view& text) {
  static const LogPattern kForms(
      R"re( *(?:I?\[ *\d: *[^\]]{1,15}: *\d+\]|(?:<\d>)?[.-]?\(\d+\)\[\d+:[^\]]{1,15}\]|)re"
      R"re(c\d +\d+ +\([^)]{1,15}\)) ?(.*))re");
  if (!MayNameCaller(text)) return;
  if (const auto groups = MatchAll<1>(text, kForms)) text = (*groups)[0];
}

// "h kernel: " behind the clock (journalctl -o short-monotonic).
void ConsumeHostAndTag(std::string_view& text, LogLine& line) {
  const std::size_t blank = text.find(' ');
  if (blank == 0 || blank == std::string_view::npos) return;
  const std::string_view rest = text.substr(blank + 1);
  const bool witness = IsWitness(rest);
  if (!witness && !rest.starts_with("kernel: ")) return;
  line.witness = witness;
  line.host = text.substr(0, blank);
  text = rest.substr(std::min(rest.find(": ") + 2, rest.size()));
}

}  // namespace

// What stands behind the bracket tells the form. Rows of process tables, "[ 3878]", and frames,
// "[<ffffffff8112f64a>]", are none.
bool ConsumeBracket(std::string_view& text, LogLine& line) {
  const std::size_t at = text.find_first_not_of(' ', 1);
  if (at == std::string_view::npos) return false;
  const char first = text[at];
  if (IsDigit(first)) {
    const std::optional<int64_t> uptime = ConsumeUptime(text);
    if (!uptime) return ConsumeVendorClock(text, line) || ConsumeRecorderTime(text, line);
    line.uptime_us = uptime;
    if (line.host.empty()) ConsumeHostAndTag(text, line);
    ConsumeVendorCaller(text);
    return true;
  }
  if (first == '+' || first == '<') return ConsumeDelta(text);
  return ConsumeCaller(text, line) || ConsumeWallTime(text, line) || ConsumeMinute(text);
}

bool ConsumeBrokenBracket(std::string_view& text, LogLine& line) {
  constexpr std::size_t kLongest = 20;
  const std::size_t end = text.substr(0, kLongest).find("] ");
  if (end < 8 || end == std::string_view::npos || text[end - 7] != '.') return false;
  const std::string head = "[" + std::string(text.substr(0, end + 2));
  std::string_view rest = head;
  const std::optional<int64_t> uptime = ConsumeUptime(rest);
  if (!uptime || !rest.empty()) return false;
  line.uptime_us = uptime;
  text.remove_prefix(end + 2);
  return true;
}

std::optional<int64_t> ReadUptime(std::string_view text) { return ConsumeUptime(text); }

bool ConsumePriority(std::string_view& text) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "<")) return false;
  const std::size_t digits = std::min(rest.find('>'), rest.size());
  if (digits == 0 || digits > 3) return false;
  for (const char c : rest.substr(0, digits)) {
    if (!IsDigit(c)) return false;
  }
  rest.remove_prefix(std::min(digits + 1, rest.size()));
  if (rest.starts_with(" [")) rest.remove_prefix(1);
  ConsumePrefix(rest, "1 ");  // the version of RFC 5424
  text = rest;
  return true;
}

bool ConsumeKmsgHeader(std::string_view& text, LogLine& line) {
  std::string_view rest = text;
  const std::optional<int64_t> priority = ConsumeInteger(rest);
  if (!priority || !ConsumePrefix(rest, ",") || !ConsumeInteger(rest) || !ConsumePrefix(rest, ","))
    return false;
  const std::optional<int64_t> uptime = ConsumeInteger(rest);
  const std::size_t end = rest.find(';');
  if (!uptime || *uptime < 0 || !rest.starts_with(',') || end == std::string_view::npos)
    return false;
  line.uptime_us = uptime;
  line.escaped = true;
  constexpr std::string_view kCaller = ",caller=";
  const std::string_view fields = rest.substr(0, end);
  if (const std::size_t at = fields.find(kCaller); at < fields.size())
    line.caller = fields.substr(at + kCaller.size());
  text = rest.substr(end + 1);
  return true;
}

bool ConsumeDmesgLevel(std::string_view& text) {
  std::string_view rest = text;
  // Pasting collapses the blanks that pad the columns.
  static const LogPattern kForm(
      R"re(kern *:(?:emerg|alert|crit|err|warn|notice|info|debug) *: (.*))re");
  if (!rest.starts_with("kern")) return false;
  const auto groups = MatchAll<1>(rest, kForm);
  if (!groups) return false;
  text = (*groups)[0];
  return true;
}

}  // namespace kautopsy
