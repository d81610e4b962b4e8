#include "base/text.h"
#include "parsers/envelope/envelope.h"
#include "parsers/envelope/printk_prefix.h"
#include "parsers/envelope/stamp.h"
#include "parsers/envelope/syslog_prefix.h"
#include "parsers/envelope/untagged.h"
#include "parsers/envelope/wrap.h"

namespace kautopsy {
namespace {

constexpr int kMaxStacked = 8;  // a container's log of a relay's log of the kernel's has five

// Takes one prefix off; its first byte tells which one it can be.
bool ConsumeOne(std::string_view& text, LogLine& line) {
  if (text.empty()) return false;
  const char first = text[0];
  if (first == '[') return ConsumeBracket(text, line);
  if (first == '<') return ConsumePriority(text);
  if (IsDigit(first)) return ConsumeNumericStamp(text, line) || ConsumeKmsgHeader(text, line);
  if (first == 'k') return ConsumeKernelTag(text) || ConsumeDmesgLevel(text);
  if (first == 'm') return line.prefixed && ConsumeRepetition(text);
  return first >= 'A' && first <= 'Z' && ConsumeNamedStamp(text, line);
}

// Where the kernel's clock stands behind a prefix that nobody knows: a continuous integration's,
// a container's, a terminal's. npos if none does.
std::size_t FindUptime(std::string_view text) {
  constexpr std::size_t kLongestPrefix = 80;
  if (text.starts_with("** ")) return std::string_view::npos;  // the note of dropped messages
  const std::string_view head = text.substr(0, kLongestPrefix);
  std::size_t at = head.find('[');
  while (at != std::string_view::npos && !StartsWithUptime(text.substr(at)))
    at = head.find('[', at + 1);
  return at;
}

Classification KernelText(std::string_view line, std::string_view text) {
  return {LineClass::kKernel, static_cast<std::size_t>(text.data() - line.data())};
}

Classification ClassifySender(std::string_view line, std::string_view rest) {
  if (IsPlainlyOthers(rest)) return {LineClass::kOtherProgram, line.size()};
  if (const std::size_t text = BehindKernelTag(rest)) return KernelText(line, rest.substr(text));
  const Sender sender = SenderOf(rest);
  if (sender.line_class == LineClass::kUnknown || sender.line_class == LineClass::kOtherProgram)
    return {sender.line_class, line.size()};
  return {sender.line_class, static_cast<std::size_t>(sender.text.data() - line.data())};
}

Classification ClassifySyslogSender(std::string_view line, std::string_view rest) {
  const Classification place = ClassifySender(line, rest);
  if (place.line_class != LineClass::kOtherProgram && place.line_class != LineClass::kUnknown)
    return place;
  if (!MayBeUntagged(rest)) return place;
  const std::size_t text = BehindUntaggedHost(rest);
  return text > 0 ? KernelText(line, rest.substr(text)) : place;
}

// "2024-05-01T12:" tells an ISO stamp.
bool LooksLikeIsoStamp(std::string_view line) {
  return line.size() > 20 && line[4] == '-' && line[7] == '-' &&
         (line[10] == 'T' || line[10] == ' ') && line[13] == ':';
}

// "Mon Apr 12 18:29:48 2021 "
bool LooksLikeWallStamp(std::string_view line) {
  return line.size() > 24 && line[0] != '[' && line[13] == ':' && line[16] == ':' &&
         line[19] == ' ';
}

// What grep, less and nl put before a line: "messages-1:", "/var/log/kern.log:17:", "1234:", or a
// number and blanks. Taken off only where a line's own prefix follows.
std::string_view SkipSearchMarks(std::string_view line) {
  constexpr std::size_t kLongestMark = 128;
  const std::size_t end = line.substr(0, kLongestMark).find_first_of(": \t");
  if (end == 0 || end == std::string_view::npos) return line;
  std::string_view rest = line.substr(end + 1);
  std::string_view number = line.substr(0, end);
  if (line[end] == ':') {
    std::string_view behind = rest;
    if (ConsumeInteger(behind) && ConsumePrefix(behind, ":")) rest = behind;
  } else if (!ConsumeInteger(number) || !number.empty()) {
    return line;
  }
  rest = TrimBlanks(rest);
  const bool prefix =
      LooksLikeSyslogStamp(rest) || LooksLikeIsoStamp(rest) || StartsWithUptime(rest);
  return prefix ? rest : line;
}

Classification ClassifyIso(std::string_view line) {
  const std::size_t blank = line.find(' ', 19);
  if (blank == std::string_view::npos) return {};
  std::string_view rest = line.substr(blank + 1);
  ConsumePrefix(rest, "UTC ");
  if (line[10] == 'T' && line[19] == ',') return KernelText(line, rest);  // dmesg
  const bool container = ConsumePrefix(rest, "stdout ") || ConsumePrefix(rest, "stderr ");
  if (!container) return ClassifySender(line, rest);
  // A container's own words, unless it passes the kernel's log on.
  LogLine scratch;
  const bool kernel = ConsumePrefix(rest, "F ") && ConsumeBracket(rest, scratch);
  return kernel ? KernelText(line, rest) : Classification();
}

// All but the forms that most lines of the world have.
Classification ClassifyRare(std::string_view line) {
  std::string_view text = line;
  if (line.size() > 10 && (line[8] == '-' || line[10] == '.')) {  // journalctl's rarer stamps
    if (ConsumeFullStamp(text) || ConsumeUnixStamp(text)) return ClassifySender(line, text);
  }
  if (LooksLikeWallStamp(line) && ConsumeWallStamp(text)) return ClassifySender(line, text);
  LogLine scratch;
  const bool bracket = line.starts_with('[') && ConsumeBracket(text, scratch);
  const bool number = !line.empty() && IsDigit(line[0]) &&
                      (ConsumeKmsgHeader(text, scratch) || ConsumeBrokenBracket(text, scratch));
  if (!bracket && !number && !ConsumeForeignStamp(text, scratch)) return {};
  const Classification kernel = KernelText(line, text);
  return {scratch.witness ? LineClass::kWitness : LineClass::kKernel, kernel.text_begin};
}

Classification ClassifyBehindPriority(std::string_view line) {
  if (LooksLikeSyslogStamp(line)) {
    const std::size_t blank = line[15] == ' ' ? 15 : line.find(' ', 15);
    return blank == std::string_view::npos ? Classification()
                                           : ClassifySyslogSender(line, line.substr(blank + 1));
  }
  if (LooksLikeIsoStamp(line)) return ClassifyIso(line);
  const std::string_view marked = SkipSearchMarks(line);
  if (marked.size() == line.size()) return ClassifyRare(line);
  const Classification inner = Classify(marked);
  return {inner.line_class, line.size() - marked.size() + inner.text_begin};
}

// "[ 3878]", with which a row of the process table begins.
bool ConsumePid(std::string_view& text) {
  if (!ConsumePrefix(text, "[")) return false;
  text = SkipBlanks(text);
  return ConsumeInteger(text) && ConsumePrefix(text, "]");
}

// The name at the end of a row of the OOM killer's process table, "[  711]     0   711  ... sh";
// empty if it is none.
std::string_view NameOfRow(std::string_view text) {
  if (!ConsumePid(text)) return {};
  for (text = SkipBlanks(text);; text = SkipBlanks(text)) {
    std::string_view rest = text;
    if (!ConsumeInteger(rest) || rest.empty() || rest[0] != ' ') return text;
    text = rest;
  }
}

// A process may be named "sh [kern.err]": where a name ends the line, and what looks like a note
// has room in it, the lines above tell.
std::string_view StripSureNotes(std::string_view text, LatestHead& latest) {
  constexpr std::size_t kLongestName = 15;  // TASK_COMM_LEN - 1, include/linux/sched.h
  const std::string_view whole = TrimBlanks(text);
  const std::string_view stripped = StripNotes(whole);
  const bool noted = stripped.size() < whole.size();
  // Most lines of a report are rows without a note: that has to be quick.
  std::string_view rest = whole;
  if (!noted && ConsumePid(rest)) return whole;
  const std::string_view name = NameOfRow(whole);
  if (name.empty()) {
    latest.set_noted(noted);
    return stripped;
  }
  return noted && name.size() <= kLongestName && !latest.noted() ? whole : stripped;
}

}  // namespace

Classification Classify(std::string_view line) {
  std::string_view text = line;
  const bool level = (line.starts_with('<') && ConsumePriority(text)) ||
                     (line.starts_with("kern ") && ConsumeDmesgLevel(text));
  if (!level) return ClassifyBehindPriority(line);
  const Classification inner = ClassifyBehindPriority(text);
  const std::size_t priority = line.size() - text.size();
  if (inner.line_class == LineClass::kUnknown) return {LineClass::kKernel, priority};
  return {inner.line_class, priority + inner.text_begin};
}

void ParsePrefixes(LogLine& line, LatestHead& latest) {
  std::string_view text = SkipQuoteMarks(line.text);
  const bool bare = !line.time && line.host.empty();  // else a JSON object told
  const bool known = bare && latest.Consume(text, line);
  if (!known) text = SkipSearchMarks(text);
  const std::string_view whole = text;
  line.prefixed = known || ConsumeOne(text, line);
  if (line.prefixed && !known) {
    // Behind a head without a tag another program's line may stand.
    if (bare && !line.witness && !line.untagged)
      latest.Remember(whole.substr(0, whole.size() - text.size()), line);
  }
  if (!line.prefixed)
    line.prefixed = ConsumeBrokenBracket(text, line) || ConsumeForeignStamp(text, line);
  if (!line.prefixed) {
    const std::size_t at = FindUptime(text);
    if (at != std::string_view::npos) {
      text.remove_prefix(at);
      line.prefixed = ConsumeOne(text, line);
    }
  }
  for (int i = 1; line.prefixed && i < kMaxStacked && ConsumeOne(text, line);) ++i;
  line.text = line.prefixed ? StripSureNotes(text, latest) : TrimBlanks(text);
}

}  // namespace kautopsy
