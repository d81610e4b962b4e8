#pragma once

#include <cstdint>

namespace kautopsy {

// 4 PiB of 4 KiB pages, more than any machine has: a figure above it is damage, or a counter that
// raced below zero.
inline constexpr int64_t kMaxPages = int64_t{1} << 40;

}  // namespace kautopsy
