#pragma once

#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace kautopsy {

// Collects the full dates ("2014/11/25", "2014-11-25") that stand in the text around log lines:
// they give a year to the log lines of the same day. Looks at the first mebibyte of such text only,
// which bounds its cost on logs of unknown format.
class DateFinder {
 public:
  void Look(std::string_view text);
  // Years by {month, day}; days that stand there with two different years are left out.
  std::map<std::pair<int, int>, int> Years() const;

 private:
  uint64_t bytes_seen_ = 0;
  std::map<std::pair<int, int>, int> years_;  // 0: contradictory
};

}  // namespace kautopsy
