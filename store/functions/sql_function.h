#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"

namespace kautopsy {

// What SQL gives a function: NULL, a number, or text (or bytes), which lives as long as the call.
using SqlArgument = std::variant<std::monostate, int64_t, double, std::string_view>;
using SqlValue = std::variant<std::monostate, int64_t, double, std::string>;

// Computes one value; an Error ends the query. Equal arguments must give equal values. Never throws
// but std::bad_alloc, whatever the arguments hold.
using SqlBody = std::function<Result<SqlValue>(std::span<const SqlArgument>)>;

// A function for SQL, and what its users must know: docs/sql-functions.md is made of this.
struct SqlFunction {
  std::string_view name;
  int min_arguments = 1;
  int max_arguments = 1;
  std::string_view signature;  // "gfp_flags(mask [, kernel_release])"
  std::string_view meaning;    // sentences for the user, of Markdown
  std::string_view examples;   // SQL expressions, one per line
  SqlBody (*make)();           // a body for one connection, which may remember what it compiled
};

}  // namespace kautopsy
