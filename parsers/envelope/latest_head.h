#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "parsers/envelope/log_line.h"

namespace kautopsy {

// The clock, host and sender of a line: "Nov 20 12:42:42 db7 kernel: ". A report's lines mostly
// have the same, so comparing it to the one read last spares reading it again.
class LatestHead {
 public:
  // Takes the remembered head off `text` and enters what it says into `line`; false, and nothing
  // changed, if another one stands there.
  bool Consume(std::string_view& text, LogLine& line) const;

  // `head` was read into `line`, whose views lie in it.
  void Remember(std::string_view head, const LogLine& line);

  // Whether a template wrote a note behind the text of the last line that ends in no name.
  bool noted() const { return noted_; }
  void set_noted(bool noted) { noted_ = noted; }

 private:
  struct Part {
    std::size_t begin = 0;
    std::size_t size = 0;
  };

  std::string head_;  // empty: none
  std::optional<PrintedTime> time_;
  Part local_time_;
  Part host_;
  bool noted_ = false;
};

}  // namespace kautopsy
