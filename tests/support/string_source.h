#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "parsers/input/byte_source.h"

namespace kautopsy::test {

// Gives a text that outlives it, at most `bytes_per_read` bytes at a time.
class StringSource final : public ByteSource {
 public:
  explicit StringSource(const std::string& text, std::size_t bytes_per_read = SIZE_MAX)
      : text_(text), bytes_per_read_(bytes_per_read) {}
  Result<std::size_t> Read(std::span<char> block) override;

 private:
  const std::string& text_;
  std::size_t bytes_per_read_;
  std::size_t position_ = 0;
};

}  // namespace kautopsy::test
