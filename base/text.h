#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace kautopsy {

// The whole of `text` as a decimal number; none if it is empty, has other characters or does not
// fit. 18446744073709551615 and the like (a kernel's race below zero) read as the negative number.
std::optional<int64_t> ParseInteger(std::string_view text);

// The whole of `text` (without "0x") as a hexadecimal number of at most 64 bits.
std::optional<int64_t> ParseHex(std::string_view text);

constexpr bool IsBlank(char c) { return c == ' ' || c == '\t'; }
constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// What ConsumeInteger does, for numbers of any length and sign.
std::optional<int64_t> ConsumeAnyInteger(std::string_view& text);

// Takes the number at the head of `text`; none, and `text` unchanged, if there is none. Nearly all
// numbers of a log are short: read here, and without a look at overflow.
inline std::optional<int64_t> ConsumeInteger(std::string_view& text) {
  constexpr std::size_t kSafeDigits = 18;
  const std::size_t safe = text.size() < kSafeDigits ? text.size() : kSafeDigits;
  int64_t value = 0;
  std::size_t digits = 0;
  for (; digits < safe && IsDigit(text[digits]); ++digits)
    value = value * 10 + (text[digits] - '0');
  const bool whole = digits == text.size() || !IsDigit(text[digits]);
  if (digits == 0 || !whole) return ConsumeAnyInteger(text);
  text.remove_prefix(digits);
  return value;
}

// Always inline, so that a constant prefix becomes a comparison of numbers: this runs many times on
// every line of a report.
[[gnu::always_inline]] inline bool ConsumePrefix(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size() || std::memcmp(text.data(), prefix.data(), prefix.size()) != 0)
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

// Blanks and tabs at the head.
inline std::string_view SkipBlanks(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  return text;
}

// Blanks and tabs, both ends.
inline std::string_view TrimBlanks(std::string_view text) {
  text = SkipBlanks(text);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

// Takes a word, and the blanks before it, off the head of `text`; empty at its end. The word ends
// before a blank or `end`.
inline std::string_view ConsumeWord(std::string_view& text, char end = ' ') {
  text = TrimBlanks(text);
  std::size_t size = 0;
  while (size < text.size() && text[size] != ' ' && text[size] != end) ++size;
  const std::string_view word = text.substr(0, size);
  text.remove_prefix(size);
  return word;
}

// Runs of blanks become one, both ends are trimmed: pasted text and syslog then agree.
std::string CollapseBlanks(std::string_view text);
void AppendCollapsed(std::string& result, std::string_view text);

// Makes log text safe to print on a terminal: control characters, and bytes that are not UTF-8,
// become \xNN. Also C1 controls and the bidirectional overrides, which can reorder a line.
std::string EscapeForTerminal(std::string_view text);

// Replaces bytes that are not UTF-8 by U+FFFD, as SQL text and JSON must be UTF-8.
std::string ToUtf8(std::string_view bytes);

// True for the paths, names and cells that a UTF-8 reader can take as they are.
bool IsUtf8(std::string_view bytes);

}  // namespace kautopsy
