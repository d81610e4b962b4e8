#include "cli/number_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace kautopsy {

std::string WithThousands(uint64_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t left = digits.size(); left > 3;) {
    left -= 3;
    digits.insert(left, 1, ',');
  }
  return digits;
}

std::string SizeText(uint64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  double size = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < std::size(kUnits); ++unit) size /= 1024;
  return fmt::format("{:.1f} {}", size, kUnits[unit]);
}

std::string RateText(uint64_t bytes, double seconds) {
  const double shortest = 1e-6;  // a clock may stand still
  return fmt::format("{:.0f} MB/s", static_cast<double>(bytes) / std::max(seconds, shortest) / 1e6);
}

std::string DurationText(double seconds) {
  if (seconds < 10) return fmt::format("{:.1f} s", seconds);
  const auto whole = std::llround(seconds);
  if (whole < 60) return fmt::format("{} s", whole);
  return fmt::format("{} min {} s", whole / 60, whole % 60);
}

}  // namespace kautopsy
