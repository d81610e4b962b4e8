#pragma once

#include <atomic>
#include <chrono>
#include <optional>
#include <string>

#include "store/database.h"
#include "store/query.h"

namespace kautopsy {

// While it lives, what `database` runs fails with SQLITE_INTERRUPT once `options` want it ended.
// `options` must outlive it.
class QueryStop {
 public:
  QueryStop(Database& database, const QueryOptions& options);
  ~QueryStop();
  QueryStop(const QueryStop&) = delete;
  QueryStop& operator=(const QueryStop&) = delete;

  // Why it was ended, for the user.
  std::string Reason() const;

 private:
  bool MustEnd() const;
  static int Check(void* self);

  sqlite3* database_;
  const QueryOptions& options_;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace kautopsy
