#include <array>
#include <cstring>

#include "base/text.h"
#include "parsers/envelope/envelope.h"
#include "parsers/envelope/stamp.h"
#include "parsers/envelope/wrap.h"

namespace kautopsy {
namespace {

constexpr int kMaxStacked = 8;  // a container's log of a relay's log of the kernel's has five

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

std::string_view FirstWord(std::string_view text) { return text.substr(0, text.find(' ')); }

// "kernel:", "kernel[123]:", "klogd:"; RFC 5424 leaves the colon out.
bool IsKernelTag(std::string_view word) {
  if (!ConsumePrefix(word, "kernel") && !ConsumePrefix(word, "klogd")) return false;
  if (word == ":" || word.empty()) return true;
  return word[0] == '[' && word.ends_with("]:");
}

// "sshd[123]:" or "CRON[1]:": how a program names itself before its text.
bool IsTag(std::string_view word) { return word.size() > 1 && word.ends_with(':'); }

// "kern.warn", "kern.info" (busybox, syslog-ng's columns).
bool IsFacility(std::string_view word) { return word.starts_with("kern."); }

struct Sender {
  LineClass line_class = LineClass::kUnknown;
  std::string_view host;
  std::string_view text;
};

// What follows the stamp of a syslog line: "host kernel: text", "kernel: text", "host kern.warn
// kernel: text", and "host kernel - - - text" (RFC 5424).
Sender SenderOf(std::string_view text) {
  Sender sender;
  std::string_view word = FirstWord(text);
  if (!IsTag(word)) {
    if (word.size() == text.size()) return sender;
    sender.host = word;
    text.remove_prefix(word.size() + 1);
    word = FirstWord(text);
  }
  if (IsFacility(word) && word.size() < text.size()) {
    text.remove_prefix(word.size() + 1);
    word = FirstWord(text);
  }
  text.remove_prefix(word.size());
  ConsumePrefix(text, " ");
  sender.line_class = LineClass::kOtherProgram;
  if (!IsKernelTag(word)) return sender;
  if (word == "kernel" && !ConsumePrefix(text, "- - - ")) return sender;
  sender.line_class = LineClass::kKernel;
  sender.text = text;
  return sender;
}

// Takes "[12345.678901] " off the head of `text`. printk prints seconds padded to 5 and
// microseconds (kernel/printk/printk.c, print_time()); a frame's "[<" is left alone.
std::optional<int64_t> ConsumeUptime(std::string_view& text) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "[")) return std::nullopt;
  rest = TrimBlanks(rest);
  const std::optional<int64_t> seconds = ConsumeInteger(rest);
  if (!seconds || *seconds < 0 || *seconds > INT32_MAX || !ConsumePrefix(rest, "."))
    return std::nullopt;
  const std::size_t before = rest.size();
  const std::optional<int64_t> micros = ConsumeInteger(rest);
  if (!micros || before - rest.size() != 6) return std::nullopt;
  if (ConsumePrefix(rest, " <")) {  // dmesg -d: the time since the line before
    const std::size_t end = rest.find('>');
    if (end == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(end + 1);
  }
  if (!ConsumePrefix(rest, "]")) return std::nullopt;
  ConsumePrefix(rest, " ");
  text = rest;
  return *seconds * 1000000 + *micros;
}

// "[   T12]" or "[  C3]": the printing task or CPU (kernel/printk/printk.c, print_caller()).
bool ConsumeCaller(std::string_view& text) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "[")) return false;
  rest = TrimBlanks(rest);
  if (!ConsumePrefix(rest, "T") && !ConsumePrefix(rest, "C")) return false;
  if (!ConsumeInteger(rest) || !ConsumePrefix(rest, "]")) return false;
  ConsumePrefix(rest, " ");
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

// "[Sun Nov 22 10:50:41 2026] " (dmesg -T).
bool ConsumeWallTime(std::string_view& text, LogLine& line) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "[")) return false;
  const std::optional<Stamp> stamp = ConsumeWallStamp(rest);
  if (!stamp || !ConsumePrefix(rest, "]")) return false;
  ConsumePrefix(rest, " ");
  line.time = stamp->time;
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

// "h kernel: " behind the clock (journalctl -o short-monotonic).
void ConsumeHostAndTag(std::string_view& text, LogLine& line) {
  const std::string_view host = FirstWord(text);
  std::string_view rest = text.substr(host.size());
  if (host.empty() || !ConsumePrefix(rest, " kernel: ")) return;
  line.host = host;
  text = rest;
}

// What stands behind the bracket tells the form. Rows of process tables, "[ 3878]", and frames,
// "[<ffffffff8112f64a>]", are none.
bool ConsumeBracket(std::string_view& text, LogLine& line) {
  const std::size_t at = text.find_first_not_of(' ', 1);
  if (at == std::string_view::npos) return false;
  const char first = text[at];
  if (IsDigit(first)) {
    const std::optional<int64_t> uptime = ConsumeUptime(text);
    if (!uptime) return false;
    line.uptime_us = uptime;
    ConsumeHostAndTag(text, line);
    return true;
  }
  if (first == '+' || first == '<') return ConsumeDelta(text);
  return ConsumeCaller(text) || ConsumeWallTime(text, line) || ConsumeMinute(text);
}

// "<4>", and the blanks that some serial consoles print behind it.
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

// A syslog line behind its stamp; false, and nothing changed, if it is another program's.
bool ConsumeSender(std::string_view& text, const Stamp& stamp, std::string_view rest,
                   LogLine& line) {
  const Sender sender = SenderOf(rest);
  if (sender.line_class != LineClass::kKernel) return false;
  if (!sender.host.empty()) line.host = sender.host;
  line.time = stamp.time;
  line.local_time = stamp.text;
  text = sender.text;
  return true;
}

// "2024-05-01T12:00:00,123456+02:00 text" (dmesg) and "... stdout F text" (CRI) name no sender.
bool ConsumeIsoLine(std::string_view& text, LogLine& line) {
  std::string_view rest = text;
  const std::optional<Stamp> stamp = ConsumeIsoStamp(rest);
  if (!stamp) return false;
  if (rest.starts_with("stdout ") || rest.starts_with("stderr ")) {
    rest.remove_prefix(7);
    if (!ConsumePrefix(rest, "F ") && !ConsumePrefix(rest, "P ")) return false;
  } else if (stamp->text.find(',') == std::string_view::npos) {
    return ConsumeSender(text, *stamp, rest, line);
  }
  line.time = stamp->time;
  line.local_time = stamp->text;
  text = rest;
  return true;
}

template <std::optional<Stamp> (*Consume)(std::string_view&)>
bool ConsumeStampAndSender(std::string_view& text, LogLine& line) {
  std::string_view rest = text;
  const std::optional<Stamp> stamp = Consume(rest);
  return stamp && ConsumeSender(text, *stamp, rest, line);
}

// "6,1234,5678901,-,caller=T99;text" (kernel/printk/printk.c, msg_print_ext_header()).
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
  text = rest.substr(end + 1);
  return true;
}

// "05-01 12:00:00.123     0     0 I lowmemorykiller: text": pid, thread, level and tag.
bool ConsumeLogcat(std::string_view& text, LogLine& line) {
  std::string_view rest = text;
  const std::optional<Stamp> stamp = ConsumeLogcatStamp(rest);
  if (!stamp) return false;
  for (int i = 0; i < 2; ++i) {
    rest = TrimBlanks(rest);
    if (!ConsumeInteger(rest)) return false;
  }
  rest = TrimBlanks(rest);
  constexpr std::string_view kLevels = "VDIWEF";
  if (rest.size() < 2 || kLevels.find(rest[0]) == std::string_view::npos || rest[1] != ' ')
    return false;
  line.time = stamp->time;
  line.local_time = stamp->text;
  text = rest.substr(2);
  return true;
}

// "kern  :warn  : text" (dmesg -x).
bool ConsumeDmesgLevel(std::string_view& text) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "kern  :") || rest.size() < 9 || rest.substr(6, 3) != ": [")
    return false;
  text = rest.substr(8);
  return true;
}

// "message repeated 2 times: [ text]" (rsyslog).
bool ConsumeRepetition(std::string_view& text) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "message repeated ") || !ConsumeInteger(rest) ||
      !ConsumePrefix(rest, " times: ["))
    return false;
  ConsumePrefix(rest, " ");
  if (rest.ends_with(']')) rest.remove_suffix(1);
  text = rest;
  return true;
}

bool ConsumeDigitForms(std::string_view& text, LogLine& line) {
  return ConsumeIsoLine(text, line) || ConsumeKmsgHeader(text, line) ||
         ConsumeStampAndSender<ConsumeUnixStamp>(text, line) || ConsumeLogcat(text, line);
}

// Takes one prefix off; its first byte tells which one it can be.
bool ConsumePrefixForm(std::string_view& text, LogLine& line) {
  if (text.empty()) return false;
  const char first = text[0];
  if (first == '[') return ConsumeBracket(text, line);
  if (first == '<') return ConsumePriority(text);
  if (IsDigit(first)) return ConsumeDigitForms(text, line);
  if (first == 'k') {
    const std::string_view word = FirstWord(text);
    if (IsTag(word) && IsKernelTag(word) && word.size() < text.size()) {
      text.remove_prefix(word.size() + 1);
      return true;
    }
    return ConsumeDmesgLevel(text);
  }
  if (first == 'm') return line.prefixed && ConsumeRepetition(text);
  if (first < 'A' || first > 'Z') return false;
  return ConsumeStampAndSender<ConsumeSyslogStamp>(text, line) ||
         ConsumeStampAndSender<ConsumeFullStamp>(text, line);
}

Classification ClassifySender(std::string_view line, std::string_view rest) {
  const Sender sender = SenderOf(rest);
  if (sender.line_class != LineClass::kKernel) return {sender.line_class, line.size()};
  return {LineClass::kKernel, static_cast<std::size_t>(sender.text.data() - line.data())};
}

// "2024-05-01T": the twelve bytes that tell an ISO stamp.
bool LooksLikeIsoStamp(std::string_view line) {
  return line.size() > 20 && line[4] == '-' && line[7] == '-' && line[10] == 'T' && line[13] == ':';
}

Classification KernelText(std::string_view line, std::string_view text) {
  return {LineClass::kKernel, static_cast<std::size_t>(text.data() - line.data())};
}

}  // namespace

Classification Classify(std::string_view line) {
  if (LooksLikeSyslogStamp(line)) {
    const std::size_t blank = line[15] == ' ' ? 15 : line.find(' ', 15);
    if (blank == std::string_view::npos) return {};
    return ClassifySender(line, line.substr(blank + 1));
  }
  if (LooksLikeIsoStamp(line)) {
    const std::size_t blank = line.find(' ');
    if (blank == std::string_view::npos) return {};
    if (line[19] == ',') return KernelText(line, line.substr(blank + 1));
    const Classification place = ClassifySender(line, line.substr(blank + 1));
    const bool container = line.substr(blank + 1).starts_with("std");  // stdout, stderr
    return container ? Classification() : place;
  }
  if (line.empty()) return {};
  std::string_view text = line;
  if (line[0] == '<') {
    if (!ConsumePriority(text)) return {};
    const Classification inner = Classify(text);
    return {inner.line_class == LineClass::kUnknown ? LineClass::kKernel : inner.line_class,
            inner.text_begin + static_cast<std::size_t>(text.data() - line.data())};
  }
  if (line.size() > 10 && (line[8] == '-' || line[10] == '.')) {  // journalctl's rarer stamps
    if (ConsumeFullStamp(text) || ConsumeUnixStamp(text)) return ClassifySender(line, text);
  }
  LogLine scratch;
  const bool bracket = line[0] == '[' && ConsumeBracket(text, scratch);
  const bool kmsg = IsDigit(line[0]) && ConsumeKmsgHeader(text, scratch);
  return bracket || kmsg ? KernelText(line, text) : Classification();
}

void ParsePrefixes(LogLine& line) {
  std::string_view text = SkipQuoteMarks(line.text);
  for (int i = 0; i < kMaxStacked && ConsumePrefixForm(text, line); ++i) line.prefixed = true;
  line.text = TrimBlanks(text);
}

}  // namespace kautopsy
