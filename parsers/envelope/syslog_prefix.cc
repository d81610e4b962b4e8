#include "parsers/envelope/syslog_prefix.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/text.h"
#include "parsers/envelope/printk_prefix.h"
#include "parsers/envelope/stamp.h"
#include "parsers/envelope/untagged.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

std::string_view FirstWord(std::string_view text) { return text.substr(0, text.find(' ')); }

// "kernel:", "kernel[123]:", "klogd:"; RFC 5424 leaves the colon out.
bool IsKernelTag(std::string_view word) {
  if (!ConsumePrefix(word, "kernel") && !ConsumePrefix(word, "klogd")) return false;
  if (word.empty() || word[0] == ':') return word.size() <= 1;
  return word[0] == '[' && word.ends_with("]:");
}

// "sshd[123]:" or "CRON[1]:": how a program names itself before its text.
bool IsTag(std::string_view word) { return word.size() > 1 && word.back() == ':'; }

// "kern.warn", "user.info" (busybox, syslog-ng's columns).
bool IsFacility(std::string_view word) {
  if (word.size() < 5 || word[4] != '.') return false;  // nearly all words
  return word.starts_with("kern") || word.starts_with("user");
}

// "- - - " or "- - [meta sequenceId="1"] " (RFC 5424, section 6).
bool ConsumeStructuredData(std::string_view& text) {
  if (ConsumePrefix(text, "- - - ")) return true;
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "- - [")) return false;
  const std::size_t end = rest.find("] ");
  if (end == std::string_view::npos) return false;
  text = rest.substr(end + 2);
  return true;
}

Sender Kernel(std::string_view host, std::string_view text) {
  Sender sender;
  sender.line_class = LineClass::kKernel;
  sender.host = host;
  sender.text = text;
  return sender;
}

// A syslog line behind its stamp; false, and nothing changed, if it is another program's.
bool ConsumeSender(std::string_view& text, const Stamp& stamp, std::string_view rest,
                   LogLine& line) {
  const Sender sender = SenderOf(rest);
  if (sender.line_class == LineClass::kWitness)
    line.witness = true;
  else if (sender.line_class != LineClass::kKernel)
    return false;
  if (!sender.host.empty()) line.host = sender.host;
  line.time = stamp.Time();
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
  } else if (stamp->text[10] == ' ' || stamp->text.find(',') == std::string_view::npos) {
    return ConsumeSender(text, *stamp, rest, line);
  }
  line.time = stamp->Time();
  // As for -T, dmesg adds the uptime to the time of the boot; only there a comma comes before the
  // fraction (util-linux, sys-utils/dmesg.c, iso_8601_time()).
  line.time->from_uptime = stamp->text.find(',') != std::string_view::npos;
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
  line.time = stamp->Time();
  line.local_time = stamp->text;
  text = TrimBlanks(rest.substr(2));
  ConsumePrefix(text, ": ");  // the kernel's lines have no tag
  return true;
}

// False for the tags of nearly all programs, by a byte or two.
inline bool MayBeWanted(const char* tag, const char* end) {
  constexpr std::ptrdiff_t kShortestWitness = 9;  // "kdump[1]:"
  if (*tag == 'k' || *tag == 'u' || *tag == '[') return true;
  if (end - tag < kShortestWitness) return false;
  return (*tag == 's' && tag[7] == '-') || (*tag == 'e' && tag[1] == 'a') ||
         (*tag == 'r' && tag[1] == 's');
}

// "Nov 20 12:42:42 host " before the kernel's text.
bool ConsumeUntagged(std::string_view& text, LogLine& line) {
  std::string_view rest = text;
  const std::optional<Stamp> stamp = ConsumeSyslogStamp(rest);
  const std::size_t begin = stamp ? BehindUntaggedHost(rest) : 0;
  if (begin == 0) return false;
  line.host = FirstWord(SkipBlanks(rest));
  line.time = stamp->Time();
  line.local_time = stamp->text;
  line.untagged = true;
  text = rest.substr(begin);
  return true;
}

}  // namespace

// Bare pointers stay in registers. With a string_view, whose halves are stored one by one and
// loaded as one, this took a sixth of the time of a log without reports.
bool IsPlainlyOthers(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at < end && *at == ' ') ++at;
  if (at == end || *at == '[') return false;
  const char* blank = at;
  while (blank < end && *blank != ' ') ++blank;
  const bool host = blank[-1] != ':' && !(blank - at >= 5 && at[4] == '.');
  return host && end - blank > 1 && !MayBeWanted(blank + 1, end);
}

std::size_t BehindKernelTag(std::string_view text) {
  constexpr char kTag[] = " kernel: ";
  constexpr std::size_t kLength = sizeof kTag - 1;
  std::size_t host = 0;
  while (host < text.size() && text[host] != ' ') ++host;
  if (host == 0 || text[host - 1] == ':' || text.size() - host <= kLength ||
      std::memcmp(text.data() + host, kTag, kLength) != 0)
    return 0;
  const char next = text[host + kLength];
  return next == ' ' || next == ':' ? 0 : host + kLength;
}

bool IsWitness(std::string_view tag) {
  return ConsumePrefix(tag, "systemd-oomd[") || ConsumePrefix(tag, "systemd-journal") ||
         ConsumePrefix(tag, "rsyslogd") || ConsumePrefix(tag, "earlyoom[") ||
         ConsumePrefix(tag, "kdump[") || ConsumePrefix(tag, "kdump.sh[") ||
         ConsumePrefix(tag, "kdump-tools[");
}

Sender SenderOf(std::string_view text) {
  Sender sender;
  text = SkipBlanks(text);
  if (text.starts_with('[')) {
    if (ConsumePrefix(text, "[kernel] ")) return Kernel({}, text);  // metalog
    if (StartsWithUptime(text)) return Kernel({}, text);            // its clock tells the kernel
  }
  std::string_view word = FirstWord(text);
  if (!IsTag(word) && !IsFacility(word)) {
    if (word.size() == text.size()) return sender;
    sender.host = word;
    text.remove_prefix(word.size() + 1);
    sender.line_class = LineClass::kOtherProgram;
    if (text.starts_with('[') && StartsWithUptime(text)) return Kernel(sender.host, text);
    // The kernel's tags and facility begin with a k; busybox logs it as "user.warn kernel:", too.
    if (text.empty()) return sender;
    if (text[0] != 'k' && !(text[0] == 'u' && IsFacility(text)) && !IsWitness(text)) return sender;
    word = FirstWord(text);
  }
  if (IsFacility(word) && word.size() < text.size()) {
    text.remove_prefix(word.size() + 1);
    word = FirstWord(text);
  }
  if (word.starts_with("kernel:[")) return Kernel(sender.host, text.substr(7));
  text.remove_prefix(word.size());
  text = SkipBlanks(text);
  ConsumePrefix(text, ": ");  // seen in pasted logs
  sender.line_class = LineClass::kOtherProgram;
  if (IsWitness(word)) {
    sender.line_class = LineClass::kWitness;
    sender.text = text;
    return sender;
  }
  if (!IsKernelTag(word)) return sender;
  if (word == "kernel" && !ConsumeStructuredData(text)) return sender;
  return Kernel(sender.host, text);
}

bool ConsumeNamedStamp(std::string_view& text, LogLine& line) {
  return ConsumeStampAndSender<ConsumeSyslogStamp>(text, line) ||
         ConsumeStampAndSender<ConsumeFullStamp>(text, line) ||
         ConsumeStampAndSender<ConsumeWallStamp>(text, line) || ConsumeUntagged(text, line);
}

bool ConsumeNumericStamp(std::string_view& text, LogLine& line) {
  return ConsumeIsoLine(text, line) || ConsumeStampAndSender<ConsumeUnixStamp>(text, line) ||
         ConsumeLogcat(text, line);
}

namespace {

// "10.0.0.7: kern:    info: [2025-06-04T04:51:57.572293906Z]: text", of Talos Linux (talosctl
// dmesg). Other facilities are other programs'.
bool ConsumeTalosHead(std::string_view& text, LogLine& line) {
  constexpr std::size_t kLongestHost = 72;
  constexpr std::size_t kLongestLevel = 8;
  constexpr std::string_view kTag = ": kern:";
  const std::size_t tag = text.substr(0, kLongestHost).find(kTag);
  if (tag == std::string_view::npos) return false;
  const std::string_view host = text.substr(0, tag);
  std::string_view rest = SkipBlanks(text.substr(tag + kTag.size()));
  const std::size_t level = rest.find(": [");
  if (level > kLongestLevel || host.find(' ') != std::string_view::npos) return false;
  rest.remove_prefix(level + 3);
  const std::size_t end = rest.find("]: ");
  if (end == std::string_view::npos) return false;
  const std::optional<Stamp> stamp = ParseStamp(rest.substr(0, end));
  if (!stamp) return false;
  line.host = host;
  line.time = stamp->Time();
  line.local_time = stamp->text;
  text = rest.substr(end + 3);
  return true;
}

}  // namespace

bool ConsumeForeignStamp(std::string_view& text, LogLine& line) {
  if (ConsumeTalosHead(text, line)) return true;
  // Cheap for the lines of all programs: is there a clock, and the kernel's tag behind it?
  constexpr std::size_t kLongestStamp = 48;
  constexpr std::size_t kLongestHost = 72;
  const std::string_view head = text.substr(0, kLongestStamp + kLongestHost);
  const std::size_t clock = head.substr(0, kLongestStamp).find(':');
  if (clock < 2 || clock + 6 > head.size() || head[clock + 3] != ':') return false;
  const auto names = [&](std::string_view tag) { return head.find(tag, clock) < head.size(); };
  if (!names(" kernel: ") && !names(" systemd-oomd[") && !names(" earlyoom[")) return false;
  static const LogPattern kForm(
      R"re(((?:[^\s:\[\]<>]{1,16} {1,2}){0,4}?(?:[01]?\d|2[0-3]):[0-5]\d:[0-6]\d(?:[.,]\d{1,9})?)re"
      R"re((?: [AP]M)?(?: [A-Z]{3,5})?) (?:([\w.-]{1,64}) )?)re"
      R"re((?:kernel: |((?:systemd-oomd|earlyoom)\[\d+\]: ))(.*))re");
  const auto groups = MatchAll<4>(text, kForm);
  if (!groups) return false;
  const auto& [time, host, witness, rest] = *groups;
  // Words before the clock are a date only if one of them has the day's number.
  const std::string_view date = time.substr(0, time.rfind(' ', time.find(':')) + 1);
  if (!date.empty() && date.find_first_of("0123456789") == std::string_view::npos) return false;
  line.local_time = time;
  line.host = host;
  line.witness = !witness.empty();
  text = rest;
  return true;
}

bool ConsumeKernelTag(std::string_view& text) {
  // What rsyslog writes on all terminals, " kernel:watchdog: BUG: soft lockup", has no blank.
  constexpr std::string_view kShort = "kernel:";
  if (text.size() > kShort.size() && text.starts_with(kShort)) {
    const std::string_view rest = text.substr(kShort.size());
    if ((rest[0] >= 'A' && rest[0] <= 'Z') || rest.starts_with("watchdog: ") || rest[0] == '[') {
      text = rest;
      return true;
    }
  }
  const std::string_view word = FirstWord(text);
  if (!IsTag(word) || !IsKernelTag(word) || word.size() == text.size()) return false;
  text.remove_prefix(word.size() + 1);
  return true;
}

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

namespace {

// True for "kern.warning", of any facility.
bool IsPriority(std::string_view note) {
  constexpr std::array<std::string_view, 9> kSeverities = {
      "emerg", "alert", "crit", "err", "warning", "warn", "notice", "info", "debug"};
  const std::size_t dot = note.find('.');
  if (dot == 0 || dot == std::string_view::npos) return false;
  const auto in_name = [](char c) { return (c >= 'a' && c <= 'z') || IsDigit(c); };
  return std::ranges::all_of(note.substr(0, dot), in_name) &&
         std::ranges::find(kSeverities, note.substr(dot + 1)) != kSeverities.end();
}

// True for "7/972".
bool IsScrollMark(std::string_view note) {
  return ConsumeInteger(note) && ConsumePrefix(note, "/") && ConsumeInteger(note) && note.empty();
}

}  // namespace

std::string_view StripNotes(std::string_view text) {
  constexpr std::size_t kLongestNote = 20;  // " [authpriv.warning]"
  constexpr std::string_view kToTheEdge = "   ";
  if (!text.ends_with(']')) return text;
  const std::size_t tail = text.size() - std::min(text.size(), kLongestNote);
  const std::size_t open = text.rfind(" [");
  if (open == std::string_view::npos || open < tail) return text;
  const std::string_view note = text.substr(open + 2, text.size() - open - 3);
  const std::string_view rest = text.substr(0, open);
  const bool strip = IsPriority(note) || (IsScrollMark(note) && rest.ends_with(kToTheEdge));
  return strip ? TrimBlanks(rest) : text;
}

}  // namespace kautopsy
