#include "parsers/envelope/unescape.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "parsers/envelope/wrap.h"

namespace kautopsy {
namespace {

constexpr char kEscape = '\x1b';
constexpr std::string_view kNoBreakSpace = "\xC2\xA0";  // web pages keep columns with it

// Takes an ESC sequence off the head of `text`: "ESC [ ... letter", or ESC and one more byte
// (ECMA-48, section 5.4).
void SkipSequence(std::string_view& text) {
  text.remove_prefix(1);
  if (!ConsumePrefix(text, "[")) {
    if (!text.empty()) text.remove_prefix(1);
    return;
  }
  while (!text.empty() && (text[0] < '@' || text[0] > '~')) text.remove_prefix(1);
  if (!text.empty()) text.remove_prefix(1);
}

bool ConsumeEntity(std::string_view& text, char& c) {
  static constexpr std::array<std::pair<std::string_view, char>, 6> kEntities = {{{"&lt;", '<'},
                                                                                  {"&gt;", '>'},
                                                                                  {"&amp;", '&'},
                                                                                  {"&quot;", '"'},
                                                                                  {"&#39;", '\''},
                                                                                  {"&nbsp;", ' '}}};
  for (const auto& [name, character] : kEntities) {
    if (!ConsumePrefix(text, name)) continue;
    c = character;
    return true;
  }
  return false;
}

bool IsControl(char c) { return static_cast<unsigned char>(c) < ' '; }

// `digits` digits of `base` at the head of `text`, as one byte.
bool ConsumeByte(std::string_view& text, std::size_t digits, int base, char& c) {
  if (text.size() < digits) return false;
  int value = 0;
  for (const char digit : text.substr(0, digits)) {
    const int figure = digit >= '0' && digit <= '9'   ? digit - '0'
                       : digit >= 'a' && digit <= 'f' ? digit - 'a' + 10
                                                      : base;
    if (figure >= base) return false;
    value = value * base + figure;
  }
  if (value > 0xFF) return false;
  text.remove_prefix(digits);
  c = static_cast<char>(value);
  return true;
}

// syslog daemons write control characters alone as "#ooo", /dev/kmsg writes any byte as "\\xhh".
bool ConsumeEscape(std::string_view& text, bool hex, char& c) {
  std::string_view rest = text;
  const bool octal = ConsumePrefix(rest, "#") && ConsumeByte(rest, 3, 8, c) && IsControl(c);
  if (!octal) {
    rest = text;
    if (!hex || !ConsumePrefix(rest, "\\x") || !ConsumeByte(rest, 2, 16, c)) {
      c = text[0];
      return false;
    }
  }
  text = rest;
  return true;
}

// A no-break space of UTF-8 that was read as Latin-1 and then lost its accent is an A before a
// blank:
// "> A  A  A  A [ 2259.825958] A [<ffffffff810c9095>]".
bool HasMangledBlanks(std::string_view line) {
  if (line.empty() || (line[0] != '>' && line[0] != 'A')) return false;
  const std::string_view text = SkipQuoteMarks(line);
  return text.starts_with("A  A ") || text.starts_with("A [");
}

std::string_view WithoutMangledBlanks(std::string_view line, std::string& storage) {
  storage = line;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool alone =
        (i == 0 || line[i - 1] == ' ') && (i + 1 == line.size() || line[i + 1] == ' ');
    if (line[i] == 'A' && alone) storage[i] = ' ';
  }
  return storage;
}

}  // namespace

std::string_view CleanLine(std::string_view line, std::string& storage) {
  if (HasMangledBlanks(line)) return WithoutMangledBlanks(line, storage);
  // Searches for one byte each are many times faster than one for any of them.
  const bool clean = line.find('&') == std::string_view::npos &&
                     line.find(kEscape) == std::string_view::npos &&
                     line.find(kNoBreakSpace[0]) == std::string_view::npos;
  if (clean) return line;
  storage.clear();
  for (std::string_view rest = line; !rest.empty();) {
    char c = rest[0];
    if (c == kEscape) {
      SkipSequence(rest);
      continue;
    }
    if (ConsumePrefix(rest, kNoBreakSpace)) {
      storage += ' ';
      continue;
    }
    if (c != '&' || !ConsumeEntity(rest, c)) rest.remove_prefix(1);
    storage += c;
  }
  return storage;
}

std::string_view Unescape(std::string_view text, bool hex, std::string& storage) {
  static constexpr std::array<std::string_view, 3> kLineEnds = {"#012", "\\x0a", "\\012"};
  if (text.find("#0") == std::string_view::npos && text.find('\\') == std::string_view::npos)
    return text;
  storage.clear();
  while (!text.empty()) {
    const std::size_t plain = std::min(text.find_first_of("#\\"), text.size());
    storage.append(text.substr(0, plain));
    text.remove_prefix(plain);
    if (text.empty()) break;
    char c = text[0];
    const bool line_end =
        std::any_of(kLineEnds.begin(), kLineEnds.end(),
                    [&](std::string_view end) { return ConsumePrefix(text, end); });
    if (line_end)
      c = '\n';
    else if (!ConsumeEscape(text, hex, c))
      text.remove_prefix(1);
    storage += c;
  }
  return storage;
}

}  // namespace kautopsy
