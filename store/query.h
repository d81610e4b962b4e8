#pragma once

#include <atomic>
#include <chrono>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace kautopsy {

enum class QueryFormat { kTable, kCsv, kJson, kNdjson, kMarkdown };

// "table", "csv", "json", "ndjson" or "markdown"; none for other words.
std::optional<QueryFormat> ParseQueryFormat(std::string_view word);

// "table, csv, json, ndjson or markdown": for messages.
extern const std::string_view kQueryFormats;

// What stands for `:name` (or @name, $name) in SQL. Bound, never pasted: it is a value whatever it
// holds. One that reads as a number is one, if it is written as SQL writes it ("7", not "007").
struct QueryParameter {
  std::string name;                  // without the sign before it
  std::optional<std::string> value;  // none: NULL
};

struct QueryOptions {
  QueryFormat format = QueryFormat::kTable;
  std::vector<QueryParameter> parameters = {};
  // Runs no longer than this.
  std::optional<std::chrono::milliseconds> time_limit = std::nullopt;
  // Ends soon after this becomes true, as a handler of signals may set it; may be nullptr.
  const std::atomic<bool>* interrupted = nullptr;
};

// Runs one SELECT of the user's (or VALUES, WITH) on `database` and prints its rows. Whatever the
// SQL says, nothing is changed, no file is opened and no extension is loaded: an authorizer allows
// only reading. The name of a relation alone stands for all of its rows. Log text is escaped as the
// format needs it: control characters for table and markdown, formulas for CSV. Errors carry
// SQLite's message and the place in the SQL. All parameters must have a value, and be in the SQL. A
// query that is ended early is an error; what it had printed is left as it is, so that JSON of it
// does not pass for a whole answer.
Status RunQuery(Database& database, const std::string& sql, const QueryOptions& options,
                std::ostream& out);
inline Status RunQuery(Database& database, const std::string& sql, QueryFormat format,
                       std::ostream& out) {
  return RunQuery(database, sql, QueryOptions{.format = format}, out);
}

// The documentation of every relation, as the comments of the CREATE statements that SQLite keeps.
// `relation` limits it to one; an unknown name is an error that lists the names there are.
Status PrintSchema(Database& database, const std::optional<std::string>& relation,
                   std::ostream& out);

// The names of all relations, in the order of the schema; those of their columns, each once.
Result<std::vector<std::string>> RelationNames(Database& database);
Result<std::vector<std::string>> ColumnNames(Database& database);

// The statements of `text`, each with its semicolon, as far as they are complete: a semicolon in
// quotes or a comment ends none. `rest` is what follows; empty if that is blanks and comments.
struct SqlStatements {
  std::vector<std::string> complete;
  std::string rest;
};
SqlStatements SplitSql(const std::string& text);

}  // namespace kautopsy
