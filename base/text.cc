#include "base/text.h"

#include <fmt/core.h>

#include <bit>
#include <charconv>
#include <cstddef>
#include <cstring>

namespace kautopsy {
namespace {

constexpr unsigned char Byte(char c) { return static_cast<unsigned char>(c); }

constexpr uint64_t kOnes = 0x0101010101010101ULL;
constexpr uint64_t kHighBits = 0x8080808080808080ULL;

// Marks each byte that equals `c`, and no other, by its high bit.
uint64_t MarkBytes(uint64_t word, char c) {
  const uint64_t difference = word ^ (kOnes * Byte(c));
  return ~(((difference & ~kHighBits) + ~kHighBits) | difference) & kHighBits;
}

// How many of eight bytes stand before the first one that collapsing changes: a tab, or a blank
// behind a blank.
std::size_t CountCollapsed(const char* bytes) {
  uint64_t word = 0;
  std::memcpy(&word, bytes, 8);
  const uint64_t blanks = MarkBytes(word, ' ');
  const uint64_t changed = (blanks & (blanks << 8)) | MarkBytes(word, '\t');
  return static_cast<std::size_t>(std::countr_zero(changed)) / 8;
}

struct CodePoint {
  uint32_t value = 0;
  std::size_t length = 0;  // in bytes; 0 if the bytes are not UTF-8
};

// Well-formed sequences as in the Unicode standard, table 3-7.
CodePoint DecodeUtf8(std::string_view text) {
  const unsigned char lead = Byte(text[0]);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  uint32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((Byte(text[i]) & 0xC0) != 0x80) return {};
    value = (value << 6) | (Byte(text[i]) & 0x3FU);
  }
  constexpr uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kSmallest[length] || value > 0x10FFFF || surrogate) return {};
  return {value, length};
}

bool IsUnsafeOnTerminal(uint32_t c) {
  const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
  const bool bidirectional = c == 0x061C || c == 0x200E || c == 0x200F ||
                             (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
  const bool line_break = c == 0x2028 || c == 0x2029;
  return control || bidirectional || line_break;
}

}  // namespace

std::optional<int64_t> ParseInteger(std::string_view text) {
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc() && stop == end) return value;
  uint64_t wide = 0;
  const auto [wide_stop, wide_error] = std::from_chars(text.data(), end, wide);
  if (wide_error == std::errc() && wide_stop == end) return static_cast<int64_t>(wide);
  return std::nullopt;
}

std::optional<int64_t> ParseHex(std::string_view text) {
  uint64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value, 16);
  if (error != std::errc() || stop != end) return std::nullopt;
  return static_cast<int64_t>(value);
}

std::optional<int64_t> ConsumeAnyInteger(std::string_view& text) {
  if (text.empty() || (!IsDigit(text[0]) && text[0] != '-')) return std::nullopt;
  int64_t value = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const auto length = static_cast<std::size_t>(stop - text.data());
  if (error == std::errc::result_out_of_range) {
    const std::optional<int64_t> wide = ParseInteger(text.substr(0, length));
    if (wide) text.remove_prefix(length);
    return wide;
  }
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(length);
  return value;
}

void AppendCollapsed(std::string& result, std::string_view text) {
  text = TrimBlanks(text);  // neither end is a blank, so there is always a byte before and behind
  const std::size_t before = result.size();
  result.resize(before + text.size());
  char* end = result.data() + before;
  const char* at = text.data();
  const char* const stop = at + text.size();
  // Eight bytes at a time, up to the blanks that go.
  while (stop - at >= 8) {
    const std::size_t kept = CountCollapsed(at);
    std::memcpy(end, at, 8);
    end += kept;
    at += kept;
    if (kept == 8 && end[-1] != ' ') continue;
    if (end[-1] != ' ') *end++ = ' ';
    while (IsBlank(*at)) ++at;
  }
  for (; at < stop; ++at) {
    if (!IsBlank(*at))
      *end++ = *at;
    else if (end[-1] != ' ')
      *end++ = ' ';
  }
  result.resize(static_cast<std::size_t>(end - result.data()));
}

std::string CollapseBlanks(std::string_view text) {
  std::string result;
  AppendCollapsed(result, text);
  return result;
}

std::string EscapeForTerminal(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = DecodeUtf8(text);
    const std::size_t length = point.length == 0 ? 1 : point.length;
    if (point.length == 0 || IsUnsafeOnTerminal(point.value)) {
      for (const char c : text.substr(0, length)) result += fmt::format("\\x{:02x}", Byte(c));
    } else {
      result.append(text.substr(0, length));
    }
    text.remove_prefix(length);
  }
  return result;
}

std::string ToUtf8(std::string_view bytes) {
  std::string result;
  result.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = DecodeUtf8(bytes).length;
    result.append(length == 0 ? std::string_view("\xEF\xBF\xBD") : bytes.substr(0, length));
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return result;
}

bool IsUtf8(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t length = DecodeUtf8(bytes).length;
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

}  // namespace kautopsy
