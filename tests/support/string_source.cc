#include "tests/support/string_source.h"

#include <algorithm>
#include <cstring>

namespace kautopsy::test {

Result<std::size_t> StringSource::Read(std::span<char> block) {
  const std::size_t count = std::min({block.size(), bytes_per_read_, text_.size() - position_});
  std::memcpy(block.data(), text_.data() + position_, count);
  position_ += count;
  return count;
}

}  // namespace kautopsy::test
