#include "parsers/raw_lines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace kautopsy {
namespace {

void AppendNumber(std::string& text, uint64_t number) {
  std::array<char, 20> digits;
  const std::to_chars_result end = std::to_chars(digits.begin(), digits.end(), number);
  text.append(digits.data(), end.ptr);
  text += ':';
}

uint64_t ConsumeNumber(std::string_view& text) {
  uint64_t number = 0;
  const std::from_chars_result end =
      std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end.ptr - text.data()) + 1);  // the colon too
  return number;
}

}  // namespace

void RawLines::Add(Place place, std::string_view raw) {
  if (empty())
    first_ = place;
  else
    text_ += '\n';
  last_ = place;
  ++size_;
  AppendNumber(text_, place.line);
  AppendNumber(text_, place.column);
  text_ += raw;
}

std::vector<RawLine> RawLines::Split() const {
  std::vector<RawLine> lines;
  lines.reserve(size_);
  std::string_view rest = text_;
  while (lines.size() < size_) {
    RawLine line;
    line.place.line = ConsumeNumber(rest);
    line.place.column = static_cast<uint32_t>(ConsumeNumber(rest));
    const std::string_view raw = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(raw.size() + 1, rest.size()));
    line.text = std::string(raw);
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace kautopsy
