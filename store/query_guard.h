#pragma once

#include "store/database.h"

namespace kautopsy {

// While it lives, `database` compiles and runs nothing but reading: SELECT, VALUES and WITH over
// relations and pure functions. Everything else (changes, PRAGMA, ATTACH, transactions, functions
// that touch files or load code) is refused by SQLite as "not authorized".
class QueryGuard {
 public:
  explicit QueryGuard(Database& database);
  ~QueryGuard();
  QueryGuard(const QueryGuard&) = delete;
  QueryGuard& operator=(const QueryGuard&) = delete;

 private:
  sqlite3* database_;
};

}  // namespace kautopsy
