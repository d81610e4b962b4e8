#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace kautopsy {

// Puts together the lines of a text that comes in pieces. Memory does not grow with them: what is
// longer than `longest` of a line is passed over.
class LineCutter {
 public:
  explicit LineCutter(std::size_t longest) : longest_(longest) {}

  // Calls `on_line(std::string_view)` for every line that ends in `bytes`, without its newline.
  template <class OnLine>
  void Take(std::string_view bytes, OnLine&& on_line) {
    while (!bytes.empty()) {
      const std::size_t newline = std::min(bytes.find('\n'), bytes.size());
      line_ += bytes.substr(0, std::min(newline, longest_ - line_.size()));
      if (newline == bytes.size()) return;
      on_line(std::string_view(line_));
      line_.clear();
      bytes.remove_prefix(newline + 1);
    }
  }

  // The text has ended: likewise for a last line without newline.
  template <class OnLine>
  void Finish(OnLine&& on_line) {
    if (!line_.empty()) on_line(std::string_view(line_));
    line_.clear();
  }

 private:
  std::size_t longest_;
  std::string line_;
};

}  // namespace kautopsy
