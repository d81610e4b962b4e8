#include "reports/sql/arguments.h"

#include <cmath>

#include "base/text.h"

namespace kautopsy {

Integer IntegerArgument(std::span<const SqlArgument> arguments, std::size_t index) {
  if (index >= arguments.size()) return std::nullopt;
  const SqlArgument& argument = arguments[index];
  if (const auto* integer = std::get_if<int64_t>(&argument)) return *integer;
  if (const auto* real = std::get_if<double>(&argument)) {
    constexpr double kLimit = 9.2e18;  // below 2^63
    return std::fabs(*real) < kLimit ? Integer(std::llround(*real)) : std::nullopt;
  }
  const auto* text = std::get_if<std::string_view>(&argument);
  if (!text) return std::nullopt;
  std::string_view digits = TrimBlanks(*text);
  return ConsumePrefix(digits, "0x") ? ParseHex(digits) : ParseInteger(digits);
}

Text TextArgument(std::span<const SqlArgument> arguments, std::size_t index) {
  if (index >= arguments.size()) return std::nullopt;
  const SqlArgument& argument = arguments[index];
  if (const auto* text = std::get_if<std::string_view>(&argument)) return std::string(*text);
  if (const auto* integer = std::get_if<int64_t>(&argument)) return std::to_string(*integer);
  return std::nullopt;
}

}  // namespace kautopsy
