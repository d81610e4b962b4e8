#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string_view>

#include "base/text.h"

namespace kautopsy {

// Some syslog daemons were set up to write no "kernel:", so that what follows the host is the
// kernel's text. Only words with which a line of a record begins tell such a line from another
// program's: "escabot init invoked oom-killer: ...", "escabot DMA free:3560kB min:68kB".

// True if `word`, which stands behind the host, and what follows it may be the kernel's.
bool MayBeKernelsWord(std::string_view word, std::string_view behind);

// `text` is what stands behind the stamp. A quick answer, false for most lines of most logs: nearly
// all programs write "sshd[123]:". Runs on every line of a syslog, and in line.
inline bool MayBeUntagged(std::string_view text) {
  const char* const end = text.data() + text.size();
  const auto find_blank = [end](const char* from) {
    return static_cast<const char*>(std::memchr(from, ' ', static_cast<std::size_t>(end - from)));
  };
  const char* const host = text.empty() ? nullptr : find_blank(text.data() + 1);
  if (host == nullptr || host + 1 == end) return false;
  const char* const blank = find_blank(host + 1);
  if (blank != nullptr && blank - host > 4 && blank[-1] == ':' && blank[-2] == ']' &&
      IsDigit(blank[-3]))
    return false;
  std::string_view rest = SkipBlanks(text);
  rest = SkipBlanks(rest.substr(std::min(rest.find(' '), rest.size())));
  const std::size_t word = std::min(rest.find(' '), rest.size());
  return word > 0 && MayBeKernelsWord(rest.substr(0, word), rest.substr(word));
}

// Where the kernel's text begins behind the host; 0 if it is not surely the kernel's.
std::size_t BehindUntaggedHost(std::string_view text);

}  // namespace kautopsy
