#pragma once

#include <cstdint>
#include <optional>

namespace kautopsy {

// 4 PiB of 4 KiB pages, more than any machine has: a figure above it is damage, or a counter that
// raced below zero.
inline constexpr int64_t kMaxPages = int64_t{1} << 40;

// True for what can be a size of a machine's memory, in pages or KiB.
inline bool IsSize(const std::optional<int64_t>& size) {
  return size && *size >= 0 && *size <= kMaxPages;
}

}  // namespace kautopsy
