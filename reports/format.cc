#include "reports/format.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace kautopsy {
namespace {

constexpr int64_t kKbPerMib = 1024;
constexpr int64_t kKbPerGib = 1024 * 1024;

// One decimal, halves away from zero (fmt rounds the binary value, which may lie below the half).
std::string OneDecimal(double value) {
  const double tenths = std::round(value * 10.0);
  if (tenths == 0 && value > 0) return "< 0.1";
  if (tenths == 0) return "0";
  return fmt::format("{:.1f}", tenths / 10.0);
}

}  // namespace

std::string Thousands(int64_t value) {
  const std::string digits = fmt::format("{}", value);
  const std::size_t sign = value < 0 ? 1 : 0;
  std::string grouped;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    const bool boundary = i > sign && (digits.size() - i) % 3 == 0;
    if (boundary) grouped += ',';
    grouped += digits[i];
  }
  return grouped;
}

std::string GibNumber(int64_t kb) { return OneDecimal(static_cast<double>(kb) / kKbPerGib); }

std::string SizeText(int64_t kb) {
  if (kb >= kKbPerGib) return GibNumber(kb) + " GiB";
  if (kb >= 10 * kKbPerMib) {
    return fmt::format("{:.0f} MiB", std::round(static_cast<double>(kb) / kKbPerMib));
  }
  if (kb >= kKbPerMib) return OneDecimal(static_cast<double>(kb) / kKbPerMib) + " MiB";
  return fmt::format("{} KiB", kb);
}

std::string PercentNumber(double part, double whole) {
  if (whole <= 0) return "?";
  return OneDecimal(part * 100.0 / whole);
}

std::string PieceSize(int64_t kb) {
  if (kb >= kKbPerGib && kb % kKbPerGib == 0) return fmt::format("{} GiB", kb / kKbPerGib);
  if (kb >= kKbPerMib && kb % kKbPerMib == 0) return fmt::format("{} MiB", kb / kKbPerMib);
  return fmt::format("{} KiB", kb);
}

std::string PieceColumn(int64_t kb) {
  if (kb >= kKbPerGib && kb % kKbPerGib == 0) return fmt::format("{}G", kb / kKbPerGib);
  if (kb >= kKbPerMib && kb % kKbPerMib == 0) return fmt::format("{}M", kb / kKbPerMib);
  return fmt::format("{}K", kb);
}

std::string ShortCount(int64_t value) {
  if (value < 10000) return fmt::format("{}", value);
  const bool millions = value >= 999500;
  const double scaled = static_cast<double>(value) / (millions ? 1e6 : 1e3);
  const int decimals = scaled < 9.995 ? 2 : scaled < 99.95 ? 1 : 0;
  return fmt::format("{:.{}f}{}", scaled, decimals, millions ? 'M' : 'k');
}

std::string SpanText(int64_t seconds) {
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 60 * kMinute;
  constexpr int64_t kDay = 24 * kHour;
  if (seconds >= kDay) return fmt::format("{} d {} h", seconds / kDay, seconds % kDay / kHour);
  if (seconds >= kHour) {
    return fmt::format("{} h {} min", seconds / kHour, seconds % kHour / kMinute);
  }
  if (seconds >= kMinute) return fmt::format("{} min", seconds / kMinute);
  return fmt::format("{} s", seconds);
}

std::string SpanRange(int64_t from_s, int64_t to_s) {
  struct Unit {
    int64_t seconds;
    std::string_view name;
  };
  constexpr std::array<Unit, 4> kUnits = {
      {{86400, "day"}, {3600, "hour"}, {60, "minute"}, {1, "second"}}};
  const auto* const unit = std::find_if(kUnits.begin(), kUnits.end() - 1,
                                        [&](const Unit& entry) { return from_s >= entry.seconds; });
  const int64_t from = (from_s + unit->seconds / 2) / unit->seconds;
  const int64_t to = (to_s + unit->seconds / 2) / unit->seconds;
  if (from == to) return Counted(from, unit->name);
  return fmt::format("{} to {} {}s", Thousands(from), Thousands(to), unit->name);
}

std::string Counted(int64_t count, std::string_view noun) {
  return fmt::format("{} {}{}", Thousands(count), noun, count == 1 ? "" : "s");
}

}  // namespace kautopsy
