#pragma once

#include <optional>
#include <string_view>

#include "base/row.h"
#include "base/time.h"

namespace kautopsy {

// A time as a cell: ISO 8601 UTC, or "--11-20T12:42:42.123" if it lacks the year (or its day does
// not exist in that year), which then stays as printed.
Text TimeCell(const std::optional<PrintedTime>& time);

// What such a cell holds; none for other text. `new_years` is 0.
std::optional<PrintedTime> ReadTimeCell(std::string_view cell);

// As TimeCell(), but what is not known to be UTC lacks the Z.
Text ClockCell(const std::optional<PrintedTime>& time);

}  // namespace kautopsy
