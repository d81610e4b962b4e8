#pragma once

#include <cstdint>
#include <deque>
#include <string_view>
#include <unordered_set>

namespace kautopsy {

// Remembers the lines of a source's records, so that a line which an author quotes again in his
// text does not count as a second record. Remembers the latest few thousand lines only.
class Quotes {
 public:
  // Both take a line's text with its blanks collapsed.
  void Remember(std::string_view collapsed);
  // True if it is a remembered line, or one without its last cell ("= 6592104kB").
  bool IsQuote(std::string_view collapsed) const;

 private:
  std::unordered_set<uint64_t> known_;
  std::deque<uint64_t> order_;
};

}  // namespace kautopsy
