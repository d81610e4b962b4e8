#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace kautopsy {

// A sample of the different lines of a record, by which two records are compared without their
// texts: the smallest of the lines' hashes, so two samples hold the same of what both texts have
// (Broder, "On the resemblance and containment of documents", 1997). All lines, if they are few.
class LineSketch {
 public:
  static constexpr std::size_t kSize = 32;  // [lines]

  void Add(uint64_t line_hash);

  enum class Likeness {
    kSame,       // one has all lines of the other, but for one that may be cut
    kDifferent,  // each has lines that the other lacks
    kUnsure,     // too few of them are known
  };
  Likeness Compare(const LineSketch& other) const;

  // Eight hex digits per hash, in their order.
  std::string Hex() const;
  // What Hex() gave; what is none gives an empty sketch.
  static LineSketch FromHex(std::string_view hex);

 private:
  bool full() const { return size_ == kSize; }
  std::span<const uint32_t> hashes() const { return {hashes_.data(), size_}; }

  std::array<uint32_t, kSize> hashes_{};  // sorted, each once
  std::size_t size_ = 0;
};

}  // namespace kautopsy
