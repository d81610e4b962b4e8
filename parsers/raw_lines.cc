#include "parsers/raw_lines.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace kautopsy {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 18;

char* PutNumber(char* at, char* end, uint64_t number) {
  at = std::to_chars(at, end, number).ptr;
  *at = ':';
  return at + 1;
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
  constexpr std::size_t kMostDigits = 20;
  std::array<char, 2 * (kMostDigits + 1)> head;
  char* const end = head.data() + head.size();
  const char* const behind = PutNumber(PutNumber(head.data(), end, place.line), end, place.column);
  if (empty()) first_ = place;
  last_ = place;
  ++size_;
  if (pieces_.empty() || pieces_.back().size() + raw.size() > kPieceBytes) pieces_.emplace_back();
  std::string& piece = pieces_.back();
  const std::size_t before = piece.size();
  if (before > 0) piece += '\n';
  piece.append(head.data(), static_cast<std::size_t>(behind - head.data()));
  piece += raw;
  bytes_ += piece.size() - before;
}

std::vector<RawLine> RawLines::Split() const {
  std::vector<RawLine> lines;
  lines.reserve(size_);
  for (std::string_view rest : pieces_) {
    while (!rest.empty()) {
      RawLine line;
      line.place.line = ConsumeNumber(rest);
      line.place.column = static_cast<uint32_t>(ConsumeNumber(rest));
      const std::string_view raw = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(raw.size() + 1, rest.size()));
      line.text = std::string(raw);
      lines.push_back(std::move(line));
    }
  }
  return lines;
}

}  // namespace kautopsy
