#pragma once

#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "base/row.h"

namespace kautopsy {

// The number that free and top print as digits, a decimal sign and digits, which the locale
// chooses. None if `whole` are no digits.
inline Real ParseDecimal(std::string_view whole, std::string_view fraction) {
  const std::string text = std::string(whole) + "." + std::string(fraction) + "0";
  double number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc())
    return std::nullopt;
  return number;
}

// One value of a pasted /proc/meminfo or `free`. Relation `proc_value`.
struct ProcValue {
  Text name;
  Real value;
  Text unit;  // as printed; none for counts
  Integer log_line;

  static constexpr std::string_view kRelation = "proc_value";
  static std::span<const Field<ProcValue>> Fields() {
    using F = Field<ProcValue>;
    static constexpr std::array fields = {
        F("name", &ProcValue::name), F("value", &ProcValue::value), F("unit", &ProcValue::unit),
        F("log_line", &ProcValue::log_line)};
    return fields;
  }
};

}  // namespace kautopsy
