#include "parsers/envelope/quoted_printable.h"

#include <algorithm>

#include "base/text.h"

namespace kautopsy {
namespace {

// The value of an upper-case hex digit, as encoders must write them; -1 for other characters.
int DigitOf(char c) {
  if (IsDigit(c)) return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// The length of what an encoder makes of one character at the head of `text`, which begins with an
// equals sign; 0 if it makes no such thing. It leaves printable characters alone but for the equals
// sign itself, and blanks but for the last one, so that "pid=2946" is nobody's encoding.
std::size_t EncodedLength(std::string_view text) {
  const auto is_code = [text](std::size_t at, std::string_view high_digits) {
    return at + 2 < text.size() && text[at] == '=' &&
           high_digits.find(text[at + 1]) != std::string_view::npos && DigitOf(text[at + 2]) >= 0;
  };
  if (text.starts_with("=3D") || text.starts_with("=0A") || text.starts_with("=0D")) return 3;
  if (text == "=20" || text == "=09") return 3;
  if (!is_code(0, "ABCDEF")) return 0;
  std::size_t length = 3;  // a byte above ASCII, and those that follow it in UTF-8
  while (is_code(length, "89AB")) length += 3;
  return length;
}

// True if every equals sign in it is an encoder's.
bool IsEncoded(std::string_view text) {
  for (std::size_t at = text.find('='); at != std::string_view::npos;) {
    const std::size_t length = EncodedLength(text.substr(at));
    if (length == 0) return false;
    at = text.find('=', at + length);
  }
  return true;
}

}  // namespace

bool IsQuotedPrintableHeader(std::string_view line) {
  constexpr std::string_view kHeader = "content-transfer-encoding: quoted-printable";
  if (line.size() < kHeader.size() || (line[0] != 'C' && line[0] != 'c')) return false;
  return std::equal(kHeader.begin(), kHeader.end(), line.begin(), [](char expected, char c) {
    return (c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) == expected;
  });
}

std::string_view DecodeQuotedPrintable(std::string_view text, std::string& storage) {
  std::size_t at = text.find('=');
  if (at == std::string_view::npos || !IsEncoded(text)) return text;
  storage.assign(text.substr(0, at));
  for (; at < text.size(); ++at) {
    const int high = at + 2 < text.size() && text[at] == '=' ? DigitOf(text[at + 1]) : -1;
    const int low = high >= 0 ? DigitOf(text[at + 2]) : -1;
    if (low >= 0) {
      storage += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      storage += text[at];
    }
  }
  return storage;
}

}  // namespace kautopsy
