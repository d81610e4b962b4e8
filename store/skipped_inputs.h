#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// Paths of what was not read, as it is no log, each with the reason.
using SkippedInputs = std::vector<std::pair<std::string, std::string>>;

// Keeps them in `skipped_input`; a path that was skipped before has its reason replaced.
Status StoreSkippedInputs(Database& database, const SkippedInputs& skipped);

// Forgets what an earlier ingest skipped of the input at `path`, its members included: it was read
// once more, and what is skipped of it now is to be stored behind this.
Status ForgetSkippedInputs(Database& database, std::string_view path);

}  // namespace kautopsy
