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
  if (at == std::string_view::npos) return text;
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
