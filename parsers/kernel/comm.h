#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace kautopsy {

constexpr std::size_t kMaxCommBytes = 15;  // TASK_COMM_LEN - 1, include/linux/sched.h

// A line that the kernel begins with a process's name: "<comm><words><rest>".
struct CommLine {
  std::string_view comm;
  std::string_view rest;
};

// Splits `text` at `words`; none if they do not stand behind a name. A comm may hold anything, even
// these words, so the last of them that a name can reach counts.
inline std::optional<CommLine> SplitAtWords(std::string_view text, std::string_view words) {
  const std::size_t at = text.substr(0, kMaxCommBytes + words.size()).rfind(words);
  if (at == std::string_view::npos) return std::nullopt;
  return CommLine{text.substr(0, at), text.substr(at + words.size())};
}

}  // namespace kautopsy
