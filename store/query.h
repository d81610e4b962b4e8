#pragma once

#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

enum class QueryFormat { kTable, kCsv, kJson, kNdjson };

// "table", "csv", "json" or "ndjson"; none for other words.
std::optional<QueryFormat> ParseQueryFormat(std::string_view word);

// Runs one SELECT of the user's (or VALUES, WITH) on `database` and prints its rows. Whatever the
// SQL says, nothing is changed, no file is opened and no extension is loaded: an authorizer allows
// only reading. Log text is escaped as the format needs it: control characters for table, formulas
// for CSV. Errors carry SQLite's message and the place in the SQL.
Status RunQuery(Database& database, const std::string& sql, QueryFormat format, std::ostream& out);

// The documentation of every relation, as the comments of the CREATE statements that SQLite keeps.
// `relation` limits it to one; an unknown name is an error that lists the names there are.
Status PrintSchema(Database& database, const std::optional<std::string>& relation,
                   std::ostream& out);

}  // namespace kautopsy
