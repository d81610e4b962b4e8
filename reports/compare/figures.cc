#include "reports/compare/figures.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <string_view>

#include "reports/format.h"

namespace kautopsy {
namespace {

constexpr int64_t kKbPerMib = 1024;
constexpr int64_t kKbPerGib = 1024 * 1024;
// Below it MiB have no more digits than GiB would.
constexpr int64_t kFirstGib = 10 * kKbPerGib;

// A number in a unit of so many KiB: four digits, of which one or two are behind the point.
std::string NumberIn(int64_t kb, int64_t unit) {
  if (unit == 1 || kb == 0) return Thousands(kb);
  const double value = static_cast<double>(kb) / static_cast<double>(unit);
  if (std::abs(value) >= 999.95) return Thousands(std::llround(value));
  if (std::abs(value) >= 99.995 || unit == kKbPerMib) {
    const double tenths = std::round(value * 10) / 10;
    return tenths == 0 ? (kb > 0 ? "< 0.1" : "> −0.1") : fmt::format("{:.1f}", tenths);
  }
  const double hundredths = std::round(value * 100) / 100;
  return hundredths == 0 ? (kb > 0 ? "< 0.01" : "> −0.01") : fmt::format("{:.2f}", hundredths);
}

std::string_view UnitName(int64_t unit) {
  if (unit == kKbPerGib) return "GiB";
  return unit == kKbPerMib ? "MiB" : "KiB";
}

int64_t KbPerUnit(int64_t of_kb) {
  if (of_kb >= kFirstGib) return kKbPerGib;
  return of_kb >= kKbPerMib ? kKbPerMib : 1;
}

}  // namespace

std::string SizeUnit(int64_t of_kb) { return std::string(UnitName(KbPerUnit(of_kb))); }

std::string SizeNumber(int64_t kb, int64_t of_kb) { return NumberIn(kb, KbPerUnit(of_kb)); }

std::string SizePair(int64_t before_kb, int64_t after_kb) {
  int64_t unit = KbPerUnit(std::max(std::abs(before_kb), std::abs(after_kb)));
  // What differs is shown to differ.
  while (unit > 1 && before_kb != after_kb && NumberIn(before_kb, unit) == NumberIn(after_kb, unit))
    unit /= kKbPerMib;
  return fmt::format("{} → {} {}", NumberIn(before_kb, unit), NumberIn(after_kb, unit),
                     UnitName(unit));
}

std::string SignedSize(int64_t kb) {
  if (kb == 0) return "0";
  return (kb > 0 ? "+" : "−") + SizeText(std::abs(kb));
}

std::string SignedCount(int64_t change) {
  if (change == 0) return "=";
  const int64_t count = std::abs(change);
  const std::string sign = change > 0 ? "+" : "−";
  if (count < 10000) return sign + fmt::format("{}", count);
  if (count < 999500) return sign + fmt::format("{}k", (count + 500) / 1000);
  const double millions = static_cast<double>(count) / 1e6;
  if (millions < 9.95) return sign + fmt::format("{:.1f}M", millions);
  if (millions < 999.5) return sign + fmt::format("{:.0f}M", millions);
  return sign + fmt::format("{:.0f}G", static_cast<double>(count) / 1e9);
}

}  // namespace kautopsy
