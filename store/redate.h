#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "parsers/envelope/rotated_set.h"
#include "store/database.h"

namespace kautopsy {

// The word of `source.year_from`, and back.
std::string_view YearFromWord(YearFrom from);
std::optional<YearFrom> ParseYearFrom(std::string_view word);

// Dates the events and boots of the sources in temp.redated (source_id) anew, by `source.year`.
// What has a year of its own stays. Part of the open transaction.
Status Redate(Database& database);

}  // namespace kautopsy
