#include "store/query_guard.h"

#include <algorithm>
#include <string_view>

namespace kautopsy {
namespace {

// Functions of SQLite, its shell and its usual extensions that reach beyond the database.
constexpr std::string_view kForbiddenFunctions[] = {
    "load_extension", "readfile", "writefile", "edit", "fsdir", "lsmode", "fts3_tokenizer"};

bool IsForbidden(const char* function) {
  if (!function) return true;
  return std::ranges::any_of(kForbiddenFunctions, [function](std::string_view name) {
    return sqlite3_stricmp(function, name.data()) == 0;
  });
}

// To set up json_each() and its like, SQLite compiles a CREATE TABLE that is never run, and asks
// for this (seen in 3.40). A real change of this table needs PRAGMA writable_schema, which is
// refused.
bool IsTableFunctionSetup(int action, const char* table) {
  return action == SQLITE_UPDATE && table && std::string_view(table) == "sqlite_master";
}

// SQLite asks for each thing that a statement would do. For SQLITE_FUNCTION the name is the second.
// NOLINTNEXTLINE(readability-function-size): the parameters are those SQLite passes
int Authorize(void* /*context*/, int action, const char* first, const char* second,
              const char* /*schema*/, const char* /*trigger*/) {
  switch (action) {
    case SQLITE_SELECT:
    case SQLITE_READ:
    case SQLITE_RECURSIVE:
      return SQLITE_OK;
    case SQLITE_FUNCTION:
      return IsForbidden(second) ? SQLITE_DENY : SQLITE_OK;
    default:
      return IsTableFunctionSetup(action, first) ? SQLITE_OK : SQLITE_DENY;
  }
}

}  // namespace

QueryGuard::QueryGuard(Database& database) : database_(database.handle()) {
  sqlite3_set_authorizer(database_, Authorize, nullptr);
}

QueryGuard::~QueryGuard() { sqlite3_set_authorizer(database_, nullptr, nullptr); }

}  // namespace kautopsy
