#include "parsers/input/sha256_source.h"

#include <fmt/core.h>
#include <nettle/sha2.h>

#include <array>
#include <cstdint>

namespace kautopsy {

struct Sha256Source::State {
  sha256_ctx context;
};

Sha256Source::Sha256Source(ByteSource& source)
    : source_(source), state_(std::make_unique<State>()) {
  sha256_init(&state_->context);
}

Sha256Source::~Sha256Source() = default;

Result<std::size_t> Sha256Source::Read(std::span<char> block) {
  Result<std::size_t> read = source_.Read(block);
  if (read) sha256_update(&state_->context, *read, reinterpret_cast<const uint8_t*>(block.data()));
  return read;
}

std::string Sha256Source::Hex() {
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest = {};
  sha256_digest(&state_->context, digest.size(), digest.data());
  std::string text;
  for (const uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

}  // namespace kautopsy
