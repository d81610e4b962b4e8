#include "base/hash.h"

#include <fmt/core.h>
#include <xxhash.h>

namespace kautopsy {

struct Hasher::State {
  XXH3_state_t* stream = XXH3_createState();
  State() { XXH3_128bits_reset(stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() { XXH3_freeState(stream); }
};

Hasher::Hasher() : state_(std::make_unique<State>()) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::Add(std::string_view bytes) {
  XXH3_128bits_update(state_->stream, bytes.data(), bytes.size());
}

std::string Hasher::Hex() const {
  const XXH128_hash_t hash = XXH3_128bits_digest(state_->stream);
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

uint64_t QuickHash(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace kautopsy
