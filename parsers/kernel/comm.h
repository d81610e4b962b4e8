#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "base/text.h"

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

// The same where a name cannot reach: a console holds what another program printed without a line
// end, "[00:02:54]swapper/0: page allocation failure". The name is sure only behind a mark that
// ends such a text; else it is left empty, and the line is one only if `prefixed`: prose has such
// words.
inline std::optional<CommLine> SplitBehindOthers(std::string_view text, std::string_view words,
                                                 bool prefixed) {
  const std::size_t at = text.rfind(words);
  if (at == std::string_view::npos || at <= kMaxCommBytes) return std::nullopt;
  const std::size_t mark = text.substr(0, at).find_last_of("])>%#$|");
  const std::string_view rest = text.substr(at + words.size());
  if (mark != std::string_view::npos) {
    const std::string_view comm = TrimBlanks(text.substr(mark + 1, at - mark - 1));
    if (!comm.empty() && comm.size() <= kMaxCommBytes) return CommLine{comm, rest};
  }
  return prefixed ? std::optional(CommLine{{}, rest}) : std::nullopt;
}

}  // namespace kautopsy
