#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kautopsy {

// A set of hashes, of which there may be hundreds of thousands: 8 to 16 bytes for each, in one
// piece of memory.
class SeenHashes {
 public:
  // False if `hash` was there. 0 counts as 1.
  bool Insert(uint64_t hash) {
    if (hash == kFree) hash = 1;
    if (used_ + used_ / 8 >= slots_.size()) Grow();
    uint64_t& slot = SlotOf(hash);
    if (slot == hash) return false;
    slot = hash;
    ++used_;
    return true;
  }

 private:
  static constexpr uint64_t kFree = 0;
  static constexpr std::size_t kFirstSize = 64;  // a power of two, as all sizes are

  // Where it is, or would be.
  uint64_t& SlotOf(uint64_t hash) {
    std::size_t at = hash & (slots_.size() - 1);
    while (slots_[at] != kFree && slots_[at] != hash) at = (at + 1) & (slots_.size() - 1);
    return slots_[at];
  }

  void Grow() {
    const std::size_t size = slots_.empty() ? kFirstSize : 2 * slots_.size();
    const std::vector<uint64_t> old = std::exchange(slots_, std::vector<uint64_t>(size, kFree));
    for (const uint64_t hash : old) {
      if (hash != kFree) SlotOf(hash) = hash;
    }
  }

  std::vector<uint64_t> slots_;
  std::size_t used_ = 0;
};

}  // namespace kautopsy
