#include "parsers/line_sketch.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace kautopsy {
namespace {

// Fewer lines may be alike in any two records of a kind.
constexpr std::size_t kFewest = 4;
// The line in which a daemon cut the text is like none of the other's.
constexpr std::size_t kMostCut = 1;
constexpr std::size_t kDigits = 8;

}  // namespace

void LineSketch::Add(uint64_t line_hash) {
  const auto hash = static_cast<uint32_t>(line_hash);
  if (full() && hash >= hashes_.back()) return;
  uint32_t* const end = hashes_.data() + size_;
  uint32_t* const at = std::lower_bound(hashes_.data(), end, hash);
  if (at != end && *at == hash) return;
  if (!full()) ++size_;
  std::move_backward(at, hashes_.data() + size_ - 1, hashes_.data() + size_);
  *at = hash;
}

LineSketch::Likeness LineSketch::Compare(const LineSketch& other) const {
  // Beyond the last hash of a full sample its record may have any.
  constexpr uint32_t kAll = std::numeric_limits<uint32_t>::max();
  const uint32_t last =
      std::min(full() ? hashes_.back() : kAll, other.full() ? other.hashes_.back() : kAll);
  const auto known = [last](const LineSketch& sketch) {
    const auto hashes = sketch.hashes();
    return hashes.first(
        static_cast<std::size_t>(std::ranges::upper_bound(hashes, last) - hashes.begin()));
  };
  const auto one = known(*this);
  const auto two = known(other);
  const std::size_t fewer = std::min(one.size(), two.size());
  if (fewer < kFewest) return Likeness::kUnsure;
  const auto in_two = [&](uint32_t hash) { return std::ranges::binary_search(two, hash); };
  const auto common = static_cast<std::size_t>(std::ranges::count_if(one, in_two));
  return common + kMostCut >= fewer ? Likeness::kSame : Likeness::kDifferent;
}

std::string LineSketch::Hex() const {
  std::string hex;
  for (const uint32_t hash : hashes()) hex += fmt::format("{:08x}", hash);
  return hex;
}

LineSketch LineSketch::FromHex(std::string_view hex) {
  LineSketch sketch;
  for (; hex.size() >= kDigits; hex.remove_prefix(kDigits)) {
    uint32_t hash = 0;
    const char* const end = hex.data() + kDigits;
    if (std::from_chars(hex.data(), end, hash, 16).ptr != end) return LineSketch();
    sketch.Add(hash);
  }
  return sketch;
}

}  // namespace kautopsy
