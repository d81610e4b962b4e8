#include "store/row_printer.h"

#include <fmt/core.h>

namespace kautopsy {

bool IsNumber(const Cell& cell) {
  return std::holds_alternative<int64_t>(cell) || std::holds_alternative<double>(cell);
}

std::string NumberText(const Cell& cell) {
  if (const auto* integer = std::get_if<int64_t>(&cell)) return std::to_string(*integer);
  const std::string text = fmt::format("{}", std::get<double>(cell));
  const bool looks_whole = text.find_first_not_of("-0123456789") == std::string::npos;
  return looks_whole ? text + ".0" : text;
}

}  // namespace kautopsy
