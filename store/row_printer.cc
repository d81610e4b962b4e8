#include "store/row_printer.h"

#include <fmt/core.h>

#include "base/text.h"

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

std::string DisplayText(const Cell& cell) {
  if (IsNumber(cell)) return NumberText(cell);
  const auto* text = std::get_if<std::string>(&cell);
  if (!text) return "NULL";
  return *text == "NULL" ? "'NULL'" : EscapeForTerminal(*text);
}

}  // namespace kautopsy
