#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kautopsy {

// XXH3-128 of a stream of bytes; the same on every machine.
class Hasher {
 public:
  Hasher();
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  void Add(std::string_view bytes);
  std::string Hex() const;  // 32 digits, of all that was added so far

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// XXH3-64 of `bytes`, for tables in memory.
uint64_t QuickHash(std::string_view bytes);

}  // namespace kautopsy
