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

// Dates the events and boots of the sources that are `outdated` anew: from what was printed, the
// year by `source.year` if that lacks it, the zone by `source.zone`. What tells its zone itself
// stays, also what a better clock told. Part of the open transaction.
Status Redate(Database& database);

}  // namespace kautopsy
