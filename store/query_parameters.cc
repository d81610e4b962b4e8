#include "store/query_parameters.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>

#include "base/text.h"
#include "store/cell_text.h"
#include "store/row_printer.h"

namespace kautopsy {
namespace {

// None if SQL would write the number in another way: then it is a name that consists of digits.
std::optional<Cell> AsNumber(const std::string& text) {
  const std::optional<int64_t> integer = ParseInteger(text);
  if (integer && std::to_string(*integer) == text) return Cell(*integer);
  if (text.find('.') == std::string::npos) return std::nullopt;
  double real = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, real, std::chars_format::fixed);
  if (error != std::errc() || rest != end || NumberText(Cell(real)) != text) return std::nullopt;
  return Cell(real);
}

int BindValue(sqlite3_stmt* statement, int index, const std::optional<std::string>& value) {
  if (!value) return sqlite3_bind_null(statement, index);
  if (const std::optional<Cell> number = AsNumber(*value)) {
    if (const auto* integer = std::get_if<int64_t>(&*number))
      return sqlite3_bind_int64(statement, index, *integer);
    return sqlite3_bind_double(statement, index, std::get<double>(*number));
  }
  const std::string text = ToCellText(*value);
  return sqlite3_bind_text64(statement, index, text.data(), text.size(), SQLITE_TRANSIENT,
                             SQLITE_UTF8);
}

std::string NamesOf(sqlite3_stmt* statement) {
  std::string names;
  for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
    const char* name = sqlite3_bind_parameter_name(statement, i);
    if (name) names += fmt::format("{}{}", names.empty() ? "" : ", ", name);
  }
  return names.empty() ? "it has none" : "it has " + names;
}

}  // namespace

Status BindParameters(sqlite3_stmt* statement, const std::vector<QueryParameter>& parameters) {
  std::vector<bool> used(parameters.size(), false);
  for (int i = 1; i <= sqlite3_bind_parameter_count(statement); ++i) {
    const char* const sign_and_name = sqlite3_bind_parameter_name(statement, i);
    if (!sign_and_name || *sign_and_name == '?')
      return Fail("the SQL has a parameter without a name, ?; name it: :host");
    const std::string_view name = sign_and_name + 1;
    const auto found = std::ranges::find(parameters, name, &QueryParameter::name);
    if (found == parameters.end())
      return Fail(fmt::format("{0} has no value; give it one: --param {1}=VALUE", sign_and_name,
                              EscapeForTerminal(name)));
    used[static_cast<std::size_t>(found - parameters.begin())] = true;
    if (BindValue(statement, i, found->value) != SQLITE_OK)
      return Fail(fmt::format("the value of {} is too long", sign_and_name));
  }
  const auto unused = std::ranges::find(used, false);
  if (unused == used.end()) return {};
  const QueryParameter& odd = parameters[static_cast<std::size_t>(unused - used.begin())];
  return Fail(fmt::format("the SQL has no parameter :{}; {}", EscapeForTerminal(odd.name),
                          NamesOf(statement)));
}

}  // namespace kautopsy
