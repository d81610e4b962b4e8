#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace kautopsy {

// A place in a source. `line` counts physical lines from 1; `column` is the byte in that line,
// from 1.
struct Place {
  uint64_t line = 0;
  uint32_t column = 0;

  bool operator==(const Place&) const = default;
};

// One log line of a record as it stands in the source, the prefix included.
struct RawLine {
  Place place;
  std::string text;
};

// The lines of a record, in the order of the source. They lie in the text that the store keeps: a
// string for each of some hundred lines would cost more than parsing them. A long text is cut into
// pieces of whole lines, so that it is never moved or copied as a whole: it may have megabytes.
class RawLines {
 public:
  void Add(Place place, std::string_view raw);
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  // The places of the first and the last line; only if not empty.
  Place first() const { return first_; }
  Place last() const { return last_; }
  // "<line>:<column>:<raw text>" per line; all but the last of a piece end in a newline.
  const std::vector<std::string>& pieces() const { return pieces_; }
  std::size_t bytes() const { return bytes_; }  // of the pieces
  // The lines one by one.
  std::vector<RawLine> Split() const;

 private:
  Place first_;
  Place last_;
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
  std::vector<std::string> pieces_;
};

}  // namespace kautopsy
