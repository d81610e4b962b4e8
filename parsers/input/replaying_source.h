#pragma once

#include <memory>
#include <optional>
#include <string>

#include "parsers/input/byte_source.h"

namespace kautopsy {

// Gives what was read of a source once more, then its rest, or the error that ended the reading.
class ReplayingSource final : public ByteSource {
 public:
  // `rest` may be null: nothing follows.
  ReplayingSource(std::string head, std::optional<Error> error, std::unique_ptr<ByteSource> rest);
  Result<std::size_t> Read(std::span<char> block) override;

 private:
  std::string head_;
  std::size_t at_ = 0;
  std::optional<Error> error_;
  std::unique_ptr<ByteSource> rest_;
};

}  // namespace kautopsy
