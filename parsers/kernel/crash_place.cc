#include "parsers/kernel/crash_place.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "parsers/kernel/call_frame.h"
#include "parsers/kernel/registers.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMaxRegisters = 128;
constexpr std::size_t kMaxNameBytes = 10;

// What stands before the place.
constexpr auto kPointers = std::to_array<std::string_view>(
    {"RIP: ", "RIP  ", "IP: ", "EIP: ", "EIP is at ", "PC is at ", "pc is at ", "ip is at ",
     "pc : ", "PC: ", "NIP [", "Krnl PSW : ", "epc ", "era ", "ERA: ", "TPC: <", "IAOQ[0]: "});

// Selectors of user space's code on x86: privilege 3 (arch/x86/include/asm/segment.h).
bool IsUserPointer(std::string_view text) {
  return text.starts_with("RIP: 0033:") || text.starts_with("RIP: 0023:") ||
         text.starts_with("EIP: 0073:") || text.starts_with("RIP: 002b:");
}

// x86 prints the pointer first: registers without it may be user space's.
bool IsX86Row(std::string_view text) {
  static const LogPattern kPattern(
      R"re((?:R[A-Z0-9]{2}|E[A-Z]{2}|[CDF]S|[CD]R\d|PKRU|e[a-d]x|e[sd]i|ds): .*)re");
  return Matches(text, kPattern);
}

bool IsHexWord(std::string_view word) {
  return word.size() >= 4 && word.size() <= 16 && std::all_of(word.begin(), word.end(), [](char c) {
           return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
         });
}

bool IsRegisterName(std::string_view name) {
  if (name.empty() || name.size() > kMaxNameBytes) return false;
  if (name == "Code" || name == "Stack" || name == "Process" || name == "task") return false;
  const bool word = std::all_of(name.begin(), name.end(), [](char c) {
    return IsDigit(c) || c == '_' || c == '$' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  });
  // "3e60: c7082000 ..." is a row of arm's stack.
  return word && !IsDigit(name[0]) && !(name.size() == 4 && IsHexWord(name));
}

// "0018:ff73563d405d3b18", "[<c01a2448>]", "00000000(0000)": the number alone; empty if it is none.
std::string_view NumberOf(std::string_view word) {
  ConsumePrefix(word, "[<");
  ConsumePrefix(word, "<");
  ConsumePrefix(word, "0x");
  if (word.size() > 5 && word[4] == ':') word.remove_prefix(5);
  word = word.substr(0, word.find_first_of(">(]"));
  return IsHexWord(word) ? word : std::string_view();
}

// "GPR05" after "GPR04", "r2" after "r1": powerpc, mips and parisc name the first of a row only.
// Empty if the name has no number.
std::string NextName(const std::string& name) {
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  if (digits == name.size()) return "";
  std::string number = std::to_string(*ParseInteger(std::string_view(name).substr(digits)) + 1);
  const std::size_t width = name.size() - digits;
  if (number.size() < width) number.insert(0, width - number.size(), '0');
  return name.substr(0, digits) + number;
}

}  // namespace

std::optional<CodePlace> ParseInstructionPointer(std::string_view text) {
  const auto head = std::find_if(kPointers.begin(), kPointers.end(),
                                 [&](std::string_view word) { return text.starts_with(word); });
  if (head == kPointers.end() || IsUserPointer(text)) return std::nullopt;
  std::string_view rest = text.substr(head->size());
  static const LogPattern kSymbol(
      R"re((?:.*[\s<(>:])?:?([\w.$]+)\+0x[0-9a-f]+/0x[0-9a-f]+[>)]?(?:[\s)]*(?:\[([\w-]+)[^\]]*\])?.*)?)re");
  // Decoded (scripts/decode_stacktrace.sh): "0010:unwind_next_frame (arch/x86/unwind.c:634)".
  static const LogPattern kDecoded(
      R"re((?:[0-9a-f]{4}:)?([A-Za-z_][\w.$]*) \([\w./-]+:\d+.*\)(?: \[?([\w-]+)\]?)?)re");
  // x86-64 until 2.6.17: "0010:[<ffffffff80235a92>] <ffffffff80235a92>{strlen+2}".
  static const LogPattern kBraced(R"re(.*\{(?::[\w-]+:)?([\w.$]+)\+\d+\}()\s*)re");
  // klogd until 2.6.2x: "0010:[rmqueue+655/760]".
  static const LogPattern kKlogd(R"re(.*\[(?:([\w-]+):)?([\w.$]+)\+\d+/\d+\].*)re");
  auto groups = MatchAll<2>(rest, kSymbol);
  if (const auto klogd = groups ? std::nullopt : MatchAll<2>(rest, kKlogd))
    return CodePlace{std::string((*klogd)[1]), TextOf((*klogd)[0])};
  if (!groups) groups = MatchAll<2>(rest, kBraced);
  if (!groups) groups = MatchAll<2>(rest, kDecoded);
  if (groups) return CodePlace{std::string((*groups)[0]), TextOf((*groups)[1])};
  // "epc : ffffffff80358b6c ra : ..." is a row of registers.
  if (head->starts_with("ep") || head->starts_with("er") || head->starts_with("pc :") ||
      *head == "PC: ")
    return std::nullopt;
  return CodePlace{};
}

void CrashPlaceSection::TakeRegisters(std::string_view text, bool cut) {
  std::string name;
  ConsumePrefix(text, "$ ");  // "$ 4   : ..." of mips
  while (!(text = TrimBlanks(text)).empty() && registers_.size() < kMaxRegisters) {
    const std::string_view word = ConsumeWord(text);
    text = TrimBlanks(text);
    if (cut && text.empty()) return;  // the number may go on
    if (word == ":") continue;
    const std::size_t dash = word.find('-');  // "r00-03" of parisc names a row
    if (word.ends_with(':') || text.starts_with(": ") || dash < word.size()) {
      name = word.substr(0, std::min(dash, word.size() - word.ends_with(':')));
      if (!IsRegisterName(name)) name.clear();
      continue;
    }
    const std::string_view number = NumberOf(word);
    if (name.empty() || number.empty()) {
      name.clear();
      continue;
    }
    const bool known = std::any_of(registers_.begin(), registers_.end(),
                                   [&](const auto& other) { return other.first == name; });
    if (!known) registers_.emplace_back(name, number);
    name = NextName(name);
  }
}

Claim CrashPlaceSection::Offer(const LogLine& line) {
  const std::string_view text = line.text;
  if (pointer_follows_) {
    std::string mark;
    std::optional<CallFrame> frame = ParseCallFrame(text, mark);
    std::vector<CallFrame> braced;
    if (!frame && ParseBracedFrames(text, mark, braced)) frame = std::move(braced.front());
    pointer_follows_ = frame && (!place_.symbol || place_.symbol == frame->symbol);
    if (pointer_follows_) {  // may stand twice in the log
      place_ = {frame->symbol, frame->module};
      return Claim::kTaken;
    }
  }
  if (text == "RIP:") {
    pointer_follows_ = !seen_;
    return Claim::kTaken;
  }
  const bool code_is_users = std::exchange(behind_user_pointer_, IsUserPointer(text));
  if (behind_user_pointer_) registers_ended_ = true;
  if (std::optional<CodePlace> place = ParseInstructionPointer(text)) {
    if (!place_.symbol && !registers_ended_ && !line.cut) place_ = std::move(*place);
    seen_ = seen_ || !registers_ended_;
    return Claim::kTaken;
  }
  if (!IsRegisterLine(text)) return Claim::kNone;
  if (!code_ && seen_ && !code_is_users && !line.cut && text.starts_with("Code: ") &&
      text.find_first_of("<(") < text.size())
    code_ = std::string(text.substr(6));
  else if (!registers_ended_ && !IsStackRow(text) && (seen_ || !IsX86Row(text)))
    TakeRegisters(text, line.cut);
  return Claim::kTaken;
}

Text CrashPlaceSection::FaultAddress() const {
  for (const auto& [name, number] : registers_) {
    if (name == "CR2" || name == "DAR" || name == "badaddr" || name == "BADV") return number;
  }
  return std::nullopt;
}

Text CrashPlaceSection::RegistersJson() const {
  if (registers_.empty()) return std::nullopt;
  std::string json = "{";  // names and numbers are letters and digits, see IsRegisterName()
  for (const auto& [name, number] : registers_) {
    if (json.size() > 1) json += ',';
    json.append("\"").append(name).append("\":\"").append(number).append("\"");
  }
  return json + "}";
}

}  // namespace kautopsy
