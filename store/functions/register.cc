#include "store/functions/register.h"

// In the loadable extension every call of SQLite goes through the routines of who loaded it.
#ifdef KAUTOPSY_SQL_EXTENSION
#include <sqlite3ext.h>
SQLITE_EXTENSION_INIT1
#else
#include <sqlite3.h>
#endif

#include <new>
#include <vector>

namespace kautopsy {
namespace {

SqlArgument ReadArgument(sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return int64_t{sqlite3_value_int64(value)};
    case SQLITE_FLOAT:
      return sqlite3_value_double(value);
    case SQLITE_TEXT:
    case SQLITE_BLOB: {
      const auto* const bytes = static_cast<const char*>(sqlite3_value_blob(value));
      return std::string_view(bytes ? bytes : "",
                              static_cast<std::size_t>(sqlite3_value_bytes(value)));
    }
    default:
      return std::monostate();
  }
}

void GiveResult(sqlite3_context* context, const Result<SqlValue>& result) {
  if (!result) {
    sqlite3_result_error(context, result.error().message.c_str(), -1);
  } else if (const auto* integer = std::get_if<int64_t>(&*result)) {
    sqlite3_result_int64(context, *integer);
  } else if (const auto* real = std::get_if<double>(&*result)) {
    sqlite3_result_double(context, *real);
  } else if (const auto* text = std::get_if<std::string>(&*result)) {
    sqlite3_result_text64(context, text->data(), text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  } else {
    sqlite3_result_null(context);
  }
}

void Call(sqlite3_context* context, int count, sqlite3_value** values) {
  const auto& body = *static_cast<const SqlBody*>(sqlite3_user_data(context));
  try {  // SQLite is C: nothing may be thrown through it
    std::vector<SqlArgument> arguments;
    arguments.reserve(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) arguments.push_back(ReadArgument(values[i]));
    GiveResult(context, body(arguments));
  } catch (const std::exception&) {
    sqlite3_result_error_nomem(context);
  }
}

void Destroy(void* body) { delete static_cast<SqlBody*>(body); }

}  // namespace

int RegisterFunctions(sqlite3* database, std::span<const SqlFunction> functions) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  for (const SqlFunction& function : functions) {
    for (int count = function.min_arguments; count <= function.max_arguments; ++count) {
      const int code =
          sqlite3_create_function_v2(database, function.name.data(), count, kFlags,
                                     new SqlBody(function.make()), Call, nullptr, nullptr, Destroy);
      if (code != SQLITE_OK) return code;
    }
  }
  return SQLITE_OK;
}

#ifdef KAUTOPSY_SQL_EXTENSION
int RegisterAsExtension(sqlite3* database, const sqlite3_api_routines* routines,
                        std::span<const SqlFunction> functions) {
  SQLITE_EXTENSION_INIT2(routines)
  return RegisterFunctions(database, functions);
}
#endif

}  // namespace kautopsy
