#include "parsers/input/replaying_source.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace kautopsy {

ReplayingSource::ReplayingSource(std::string head, std::optional<Error> error,
                                 std::unique_ptr<ByteSource> rest)
    : head_(std::move(head)), error_(std::move(error)), rest_(std::move(rest)) {}

Result<std::size_t> ReplayingSource::Read(std::span<char> block) {
  if (at_ < head_.size()) {
    const std::size_t size = std::min(block.size(), head_.size() - at_);
    std::memcpy(block.data(), head_.data() + at_, size);
    at_ += size;
    return size;
  }
  if (error_) return tl::unexpected(*error_);
  return rest_ ? rest_->Read(block) : Result<std::size_t>(0);
}

}  // namespace kautopsy
