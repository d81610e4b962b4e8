#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Paths of what was not read, as it is no log, each with the reason.
using SkippedInputs = std::vector<std::pair<std::string, std::string>>;

// Keeps them in `skipped_input`; a path that was skipped before has its reason replaced.
Status StoreSkippedInputs(Database& database, const SkippedInputs& skipped);

}  // namespace kautopsy
