#include "parsers/kernel/call_frame.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/stack_mark.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::size_t kMinAddressDigits = 8;

constexpr bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

bool IsSymbolByte(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '$';
}

std::string_view ConsumeWhile(std::string_view& text, bool (*accept)(char)) {
  std::size_t length = 0;
  while (length < text.size() && accept(text[length])) ++length;
  const std::string_view word = text.substr(0, length);
  text.remove_prefix(length);
  return word;
}

// "+0x40/0xb0" behind a symbol; decoded logs have lost the size.
bool ConsumeOffset(std::string_view& text, CallFrame& frame) {
  if (!ConsumePrefix(text, "+0x")) return false;
  frame.offset = ParseHex(ConsumeWhile(text, IsHexDigit));
  if (!ConsumePrefix(text, "/0x")) return false;
  frame.size = ParseHex(ConsumeWhile(text, IsHexDigit));
  return frame.offset && frame.size;
}

// "[<ffffffff81451070>] " or "[c0000000004a77dc] ", of which powerpc prints the stack's address
// first; klogd until 2.6.2x put "[do_IRQ+0x80/0x100] " in its place. True if any stood there.
bool ConsumeAddresses(std::string_view& text, CallFrame& frame) {
  bool any = false;
  while (ConsumePrefix(text, "[")) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) return false;
    std::string_view address = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (!text.empty() && text[0] != ' ') return false;
    text = TrimBlanks(text);
    any = true;
    const bool angled = ConsumePrefix(address, "<") && address.ends_with('>');
    if (angled) address.remove_suffix(1);
    const std::string_view digits = ConsumeWhile(address, IsHexDigit);
    if (digits.empty() && address.empty()) continue;  // a web page took it for a tag
    if (address.empty() && digits.size() >= (angled ? 1 : kMinAddressDigits))
      frame.address = std::string(digits);
    else if (angled || address.find('+') == std::string_view::npos)
      return false;
  }
  return any;
}

// " [mod]" or " [mod 0123456789abcdef...]" with the module's build id.
bool ConsumeModule(std::string_view& text, CallFrame& frame) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "[")) return false;
  const std::size_t close = rest.find(']');
  if (close == std::string_view::npos) return false;
  const std::string_view name = rest.substr(0, std::min(rest.find(' '), close));
  text = TrimBlanks(rest.substr(close + 1));
  if (name == "snip" || name == "cut" || name == "trimmed" || name == "truncated") return true;
  if (name == "inline")  // a function of which only the source is known
    return frame.file.has_value();
  frame.module = std::string(name);
  return !name.empty();
}

// "kernel/softirq.c:553" with or without parentheses and column. decode_stacktrace.sh adds
// "(discriminator 3)".
bool ConsumeSource(std::string_view& text, CallFrame& frame) {
  static const LogPattern kPattern(
      R"re(\(?([\w./+-]*[\w+-]\.(?:c|h|S|rs|cc|y)):(\d+)(?::\d+)?(?: \(discriminator \d+\))?\)?( .*)?)re");
  if (text.find(':') == std::string_view::npos) return false;
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return false;
  const auto& [file, line, rest] = *groups;
  frame.file = std::string(file);
  frame.line = ParseInteger(line);
  text = TrimBlanks(rest);
  return true;
}

// " (unreliable)" of powerpc, " (P)" of arm64 (arch/arm64/kernel/stacktrace.c,
// dump_backtrace_entry()).
bool ConsumeRemark(std::string_view& text, CallFrame& frame) {
  std::string_view rest = text;
  if (!ConsumePrefix(rest, "(")) return false;
  const std::size_t close = rest.find(')');
  if (close == std::string_view::npos) return false;
  const std::string_view remark = rest.substr(0, close);
  const bool letters =
      std::all_of(remark.begin(), remark.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (remark == "unreliable")
    frame.reliable = 0;
  else if (remark.empty() || remark.size() > 4 ||
           (!letters && !std::all_of(remark.begin(), remark.end(), IsDigit)))  // bytes of its stack
    return false;
  text = TrimBlanks(rest.substr(close + 1));
  return true;
}

bool ConsumeTail(std::string_view text, CallFrame& frame) {
  text = TrimBlanks(text);
  while (!text.empty()) {
    if (!ConsumeModule(text, frame) && !ConsumeSource(text, frame) && !ConsumeRemark(text, frame))
      return false;
  }
  return true;
}

// powerpc's first 64-bit ABI calls a function's code ".f": "f" is its descriptor (64-bit PowerPC
// ELF ABI supplement 1.9, 3.2.5).
std::string_view WithoutEntryDot(std::string_view symbol) {
  const bool entry = symbol.size() > 1 && symbol[0] == '.' && symbol[1] != '.';
  return entry ? symbol.substr(1) : symbol;
}

// "kvm_vm_ioctl" or ":kvm:kvm_vm_ioctl", as x86-64 names a module's function until 2.6.26.
bool ConsumeSymbol(std::string_view& text, CallFrame& frame) {
  if (ConsumePrefix(text, ":")) {
    const std::size_t end = text.find(':');
    if (end == std::string_view::npos) return false;
    frame.module = std::string(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  const std::string_view symbol = ConsumeWhile(text, IsSymbolByte);
  if (symbol.empty()) return false;
  frame.symbol = std::string(WithoutEntryDot(symbol));
  return true;
}

// A frame that the kernel could not give a name, as of a module that is being unloaded:
// "0x7fd350c8d62a" (lib/vsprintf.c, symbol_string()).
bool IsNameless(std::string_view text) {
  if (!ConsumePrefix(text, "0x")) return false;
  return ConsumeWhile(text, IsHexDigit).size() >= kMinAddressDigits &&
         (text.empty() || text == " (unreliable)");
}

// "[<c0109a55>] (show_stack+0x11/0x14)", "show_stack+0x11/0x14 [mod]", "show_stack",
// "(show_stack)".
bool ConsumeArmFrame(std::string_view text, CallFrame& frame) {
  frame.reliable = 1;
  const bool bracketed =
      ConsumeAddresses(text, frame) || (text.starts_with('(') && text.ends_with(')'));
  if (bracketed && (!ConsumePrefix(text, "(") || !text.ends_with(')'))) return false;
  if (bracketed) text.remove_suffix(1);
  if (!ConsumeSymbol(text, frame)) return false;
  if (text.starts_with("+") && !ConsumeOffset(text, frame)) return false;
  return ConsumeTail(text, frame);
}

}  // namespace

std::span<const Field<CallFrame>> CallFrame::Fields() {
  using F = Field<CallFrame>;
  static constexpr std::array fields = {
      F("position", &CallFrame::position),   F("context", &CallFrame::context),
      F("address", &CallFrame::address),     F("reliable", &CallFrame::reliable),
      F("symbol", &CallFrame::symbol),       F("offset", &CallFrame::offset),
      F("size", &CallFrame::size),           F("module", &CallFrame::module),
      F("trace", &CallFrame::trace),         F("trace_cpu", &CallFrame::trace_cpu),
      F("trace_pid", &CallFrame::trace_pid), F("file", &CallFrame::file),
      F("line", &CallFrame::line),           F("log_line", &CallFrame::log_line)};
  return fields;
}

std::optional<CallFrame> ParseCallFrame(std::string_view text, std::string& mark) {
  std::string new_mark = mark;
  ConsumeMarks(text, new_mark);
  CallFrame frame;
  const bool enclosed = text.size() > 2 && text[0] == '(' && text[1] == '[';  // s390
  if (enclosed) text = text.ends_with(')') ? text.substr(1, text.size() - 2) : text.substr(1);
  // 32-bit arm, of whose lines "[<c0109a55>] (show_stack+0x11/0x14) from ..." a part is left.
  const bool braced = !enclosed && text.starts_with('(') && text.ends_with(')') &&
                      text.find("+0x") != std::string_view::npos;
  if (braced) text = text.substr(1, text.size() - 2);
  frame.bracketed = text.starts_with("[");
  if (frame.bracketed && !ConsumeAddresses(text, frame)) return std::nullopt;
  frame.reliable = ConsumePrefix(text, "? ") || enclosed ? 0 : 1;
  if (IsNameless(text)) {
    frame.symbol = std::string(text.substr(0, text.find(' ')));
  } else {
    if (!ConsumeSymbol(text, frame)) return std::nullopt;
    const bool offset = ConsumeOffset(text, frame);
    // Without offset it is a frame only if it was decoded.
    if ((!text.empty() && text[0] != ' ') || !ConsumeTail(text, frame)) return std::nullopt;
    if (!offset && !(frame.file && !frame.offset)) return std::nullopt;
  }
  mark = new_mark;
  if (!mark.empty()) frame.context = mark;
  return frame;
}

bool ParseBracedFrames(std::string_view text, std::string& mark, std::vector<CallFrame>& frames) {
  std::vector<CallFrame> read;
  std::string new_mark = mark;
  for (text = TrimBlanks(text); !text.empty(); text = TrimBlanks(text)) {
    if (text.size() > 1 && text[1] >= 'A' && text[1] <= 'Z') {
      const std::size_t end = std::min(text.find('>'), text.size() - 1) + 1;
      std::string_view one = text.substr(0, end);
      ConsumeMarks(one, new_mark);
      text.remove_prefix(end);
      continue;
    }
    CallFrame frame;
    frame.reliable = 1;
    if (!ConsumePrefix(text, "<")) return false;
    frame.address = std::string(ConsumeWhile(text, IsHexDigit));
    if (frame.address->empty() || !ConsumePrefix(text, ">{") || !ConsumeSymbol(text, frame) ||
        !ConsumePrefix(text, "+"))
      return false;
    frame.offset = ConsumeInteger(text);
    if (!frame.offset || !ConsumePrefix(text, "}")) return false;
    if (!new_mark.empty()) frame.context = new_mark;
    read.push_back(std::move(frame));
  }
  if (!read.empty()) mark = new_mark;
  for (CallFrame& frame : read) frames.push_back(std::move(frame));
  return !read.empty();
}

namespace {

// "[<c0133793>]", "[audio:usbout+61/384]"
bool ConsumeBracketedFrame(std::string_view& text, CallFrame& frame) {
  static const LogPattern kKlogd(R"re((?:([\w-]+):)?([\w.]+)\+(\d+)/(\d+))re");
  const std::size_t end = text.find(']');
  if (!text.starts_with('[') || end == std::string_view::npos) return false;
  std::string_view inner = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  const bool named = inner.find('+') != std::string_view::npos;
  if (const auto klogd = named ? MatchAll<4>(inner, kKlogd) : std::nullopt) {
    const auto& [module, symbol, offset, size] = *klogd;
    frame.module = TextOf(module);
    frame.symbol = std::string(symbol);
    frame.offset = ParseInteger(offset);
    frame.size = ParseInteger(size);
    return true;
  }
  if (!ConsumePrefix(inner, "<")) return false;
  const std::string_view address = ConsumeWhile(inner, IsHexDigit);
  if (address.size() < kMinAddressDigits || inner != ">") return false;
  frame.address = std::string(address);
  frame.symbol = "0x" + std::string(address);
  return true;
}

// "<c024c33b> rt_check_expire+0x0/0x10c"
bool ConsumeAngledFrame(std::string_view& text, CallFrame& frame) {
  if (!ConsumePrefix(text, "<")) return false;
  frame.address = std::string(ConsumeWhile(text, IsHexDigit));
  return frame.address->size() >= kMinAddressDigits && ConsumePrefix(text, "> ") &&
         ConsumeSymbol(text, frame) && ConsumeOffset(text, frame);
}

}  // namespace

bool ParseManyFrames(std::string_view text, bool nameless_above, std::vector<CallFrame>& frames) {
  std::vector<CallFrame> read;
  while (!(text = SkipBlanks(text)).empty()) {
    if (text[0] != '[' && text[0] != '<') return false;
    CallFrame frame;
    frame.reliable = 1;
    if (!(text[0] == '[' ? ConsumeBracketedFrame(text, frame) : ConsumeAngledFrame(text, frame)))
      return false;
    if (!text.empty() && text[0] != ' ') return false;
    read.push_back(std::move(frame));
  }
  if (read.empty() || (read.size() == 1 && read[0].address && !nameless_above)) return false;
  for (CallFrame& frame : read) frames.push_back(std::move(frame));
  return true;
}

std::optional<ArmFrames> ParseArmFrames(std::string_view text) {
  constexpr std::string_view kFrom = " from ";
  const std::size_t at = text.find(kFrom);
  if (at == std::string_view::npos) return std::nullopt;
  ArmFrames frames;
  // "Function entered at [<c030df50>] from [<c030a970>]": a kernel without names.
  if (ConsumePrefix(text, "Function entered at ")) {
    frames.callee.reliable = 1;
    CallFrame caller;
    std::string_view callee = text.substr(0, text.find(kFrom));
    std::string_view from = text.substr(std::min(text.find(kFrom) + kFrom.size(), text.size()));
    if (!ConsumeAddresses(callee, frames.callee) || !ConsumeAddresses(from, caller))
      return std::nullopt;
    frames.callee.symbol = "0x" + frames.callee.address.value_or("");
    return frames;
  }
  if (!ConsumeArmFrame(text.substr(0, at), frames.callee)) return std::nullopt;
  if (frames.callee.offset == 0) {  // where the function begins, not where it was left
    frames.callee.address.reset();
    frames.callee.offset.reset();
  }
  text.remove_prefix(at + kFrom.size());
  CallFrame caller;
  const bool whole = ConsumeArmFrame(text, caller) && caller.offset;
  if (whole) frames.caller = std::move(caller);
  if (!whole && !(frames.callee.address && text.starts_with("[<"))) return std::nullopt;
  return frames;
}

}  // namespace kautopsy
