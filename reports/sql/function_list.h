#pragma once

#include <span>

#include "store/functions/sql_function.h"

namespace kautopsy {

extern const SqlFunction kGfpFlagsFunction;
extern const SqlFunction kGfpCanFunction;
extern const SqlFunction kOrderBytesFunction;
extern const SqlFunction kHumanBytesFunction;
extern const SqlFunction kHumanTimeFunction;
extern const SqlFunction kFragIndexFunction;
extern const SqlFunction kUnusableIndexFunction;
extern const SqlFunction kGuestOfFunction;
extern const SqlFunction kRe2ExtractFunction;

// All of them, in the order of their documentation.
std::span<const SqlFunction> SqlFunctions();

}  // namespace kautopsy
