#pragma once

#include <memory>
#include <span>
#include <string>

#include "parsers/input/byte_source.h"

namespace kautopsy {

// Passes on what another source gives, and computes the SHA-256 of it, as sha256sum prints it.
class Sha256Source final : public ByteSource {
 public:
  explicit Sha256Source(ByteSource& source);  // must outlive this
  ~Sha256Source() override;

  Result<std::size_t> Read(std::span<char> block) override;

  std::string Hex();  // 64 digits, of all that was read; to be called once, at the end

 private:
  struct State;
  ByteSource& source_;
  std::unique_ptr<State> state_;
};

}  // namespace kautopsy
