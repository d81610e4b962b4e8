#pragma once

#include <cstdint>
#include <string>

namespace kautopsy {

// How comparisons write figures: both of a pair in one unit, so that they can be compared at a
// glance. The signs are Unicode; renderers turn them into ASCII where that is wanted.

std::string SizePair(int64_t before_kb, int64_t after_kb);  // "10.88 → 10.84 GiB"
// One of a pair whose larger one is `of_kb`, without the unit: "10.84".
std::string SizeNumber(int64_t kb, int64_t of_kb);
std::string SizeUnit(int64_t of_kb);      // "KiB", "MiB" or "GiB"
std::string SignedSize(int64_t kb);       // "+1.5 GiB", "−512 KiB", "0"
std::string SignedCount(int64_t change);  // at most five columns: "+351", "−337k", "="

}  // namespace kautopsy
