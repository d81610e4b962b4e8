#include "reports/sql/function_list.h"

namespace kautopsy {

std::span<const SqlFunction> SqlFunctions() {
  static const SqlFunction kFunctions[] = {
      kGfpFlagsFunction,      kGfpCanFunction,    kOrderBytesFunction,
      kHumanBytesFunction,    kHumanTimeFunction, kFragIndexFunction,
      kUnusableIndexFunction, kGuestOfFunction,   kRe2ExtractFunction};
  return kFunctions;
}

}  // namespace kautopsy
