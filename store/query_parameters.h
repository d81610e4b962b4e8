#pragma once

#include <sqlite3.h>

#include <vector>

#include "base/result.h"
#include "store/query.h"

namespace kautopsy {

// Gives the parameters of `statement` their values. Errors: one that has none, a value for one that
// is not there, and parameters without a name ("?").
Status BindParameters(sqlite3_stmt* statement, const std::vector<QueryParameter>& parameters);

}  // namespace kautopsy
