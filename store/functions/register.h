#pragma once

#include <span>

#include "store/functions/sql_function.h"

struct sqlite3;
struct sqlite3_api_routines;

namespace kautopsy {

// Makes `functions` known to `database`, as deterministic and as harmless in views. Returns a code
// of SQLite's, SQLITE_OK if all went well.
int RegisterFunctions(sqlite3* database, std::span<const SqlFunction> functions);

// The same where another program loaded us, which calls our entry point with these routines (only
// in the loadable extension: https://sqlite.org/loadext.html).
int RegisterAsExtension(sqlite3* database, const sqlite3_api_routines* routines,
                        std::span<const SqlFunction> functions);

}  // namespace kautopsy
