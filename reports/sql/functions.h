#pragma once

#include <string>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

// An existing store for queries: nothing can be changed through it, and our functions are known.
Result<Database> OpenForQueries(const std::string& path);

// Makes SqlFunctions() (function_list.h) known to `database`.
Status AddSqlFunctions(Database& database);

}  // namespace kautopsy
