#pragma once

#include <re2/re2.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace kautopsy {

// A regex for log text: its dot matches any byte, since names and paths in logs are often not
// UTF-8.
class LogPattern : public RE2 {
 public:
  explicit LogPattern(const re2::StringPiece& pattern) : RE2(pattern, RE2::Latin1) {}
};

// What the groups of a regex matched, views into the text; empty for groups that took no part.
template <std::size_t N>
using Groups = std::array<std::string_view, N>;

// Matches all of `text` and returns the first N groups; none if it does not match.
template <std::size_t N>
std::optional<Groups<N>> MatchAll(std::string_view text, const RE2& pattern) {
  std::array<re2::StringPiece, N + 1> pieces;
  const re2::StringPiece whole(text.data(), text.size());
  if (!pattern.Match(whole, 0, text.size(), RE2::ANCHOR_BOTH, pieces.data(),
                     static_cast<int>(pieces.size()))) {
    return std::nullopt;
  }
  Groups<N> groups;
  for (std::size_t i = 0; i < N; ++i) groups[i] = {pieces[i + 1].data(), pieces[i + 1].size()};
  return groups;
}

inline bool Matches(std::string_view text, const RE2& pattern) {
  return MatchAll<0>(text, pattern).has_value();
}

// A group as a cell: none if it is empty.
inline std::optional<std::string> TextOf(std::string_view group) {
  return group.empty() ? std::nullopt : std::optional<std::string>(group);
}

}  // namespace kautopsy
