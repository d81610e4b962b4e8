#include "store/query.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <ostream>

#include "base/text.h"
#include "store/query_guard.h"
#include "store/query_parameters.h"
#include "store/query_stop.h"
#include "store/row_printer.h"

namespace kautopsy {
namespace {

constexpr char kOnlyReading[] =
    "only one SELECT (or VALUES, or WITH ... SELECT) can be run here; the store is never changed";

// The line of `sql` that holds byte `offset`, with a caret below that byte.
std::string ShowPlace(std::string_view sql, std::size_t offset) {
  offset = std::min(offset, sql.size());
  const std::size_t newline = sql.substr(0, offset).rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  const std::string_view line = sql.substr(start, sql.find('\n', start) - start);
  const std::string before = EscapeForTerminal(line.substr(0, offset - start));
  const auto columns = std::ranges::count_if(
      before, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return fmt::format("\n  {}\n  {}^", EscapeForTerminal(line),
                     std::string(static_cast<std::size_t>(columns), ' '));
}

Error DescribeSqlError(sqlite3* database, int code, std::string_view sql) {
  if (code == SQLITE_AUTH) {
    return Error{fmt::format("{} ({})", kOnlyReading, sqlite3_errmsg(database))};
  }
  if (code != SQLITE_ERROR) return DescribeFailure(database, code, sql);
  std::string text = EscapeForTerminal(sqlite3_errmsg(database));
  if (text.starts_with("no such table") || text.starts_with("no such column")) {
    text += "; kautopsy schema lists what there is";
  }
  const int offset = sqlite3_error_offset(database);
  if (offset >= 0) text += ShowPlace(sql, static_cast<std::size_t>(offset));
  return Error{std::move(text)};
}

struct StatementDeleter {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using StatementHandle = std::unique_ptr<sqlite3_stmt, StatementDeleter>;

// Compiles the first statement of `sql` and gives where the rest begins. An empty handle: only
// blanks and comments.
struct Compiled {
  StatementHandle statement;
  std::size_t end = 0;
};

Result<Compiled> Compile(sqlite3* database, const std::string& sql, std::size_t start) {
  sqlite3_stmt* raw = nullptr;
  const char* tail = nullptr;
  const int code = sqlite3_prepare_v2(database, sql.c_str() + start, -1, &raw, &tail);
  Compiled compiled{StatementHandle(raw), 0};
  if (code != SQLITE_OK) return tl::unexpected(DescribeSqlError(database, code, sql));
  compiled.end = static_cast<std::size_t>(tail - sql.c_str());
  return compiled;
}

Result<StatementHandle> CompileOnly(sqlite3* database, const std::string& sql) {
  if (sql.find('\0') != std::string::npos) return Fail("the SQL holds a NUL byte");
  Result<Compiled> first = Compile(database, sql, 0);
  if (!first) return tl::unexpected(first.error());
  if (!first->statement) return Fail("there is no SQL to run; for instance: SELECT * FROM event");
  const Result<Compiled> second = Compile(database, sql, first->end);
  if (!second || second->statement) {
    return Fail(kOnlyReading + ShowPlace(sql, first->end));
  }
  if (sqlite3_stmt_readonly(first->statement.get()) == 0) return Fail(kOnlyReading);
  return std::move(first->statement);
}

std::string Bytes(const void* data, int size) {
  return data ? std::string(static_cast<const char*>(data), static_cast<std::size_t>(size))
              : std::string();
}

// Only an expression of the user's can be a blob: it is shown as SQL writes it.
std::string BlobText(const std::string& bytes) {
  std::string text = "x'";
  for (const char c : bytes) text += fmt::format("{:02x}", static_cast<unsigned char>(c));
  return text + "'";
}

Cell ReadCell(sqlite3_stmt* statement, int column, const Redactor* redactor) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return int64_t{sqlite3_column_int64(statement, column)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_TEXT: {
      const unsigned char* text = sqlite3_column_text(statement, column);
      std::string cell = Bytes(text, sqlite3_column_bytes(statement, column));
      return redactor ? redactor->Apply(cell) : std::move(cell);
    }
    case SQLITE_BLOB: {
      const void* blob = sqlite3_column_blob(statement, column);
      return BlobText(Bytes(blob, sqlite3_column_bytes(statement, column)));
    }
    default:
      return std::monostate();
  }
}

std::vector<Cell> ReadRow(sqlite3_stmt* statement, const Redactor* redactor) {
  const int columns = sqlite3_column_count(statement);
  std::vector<Cell> cells;
  cells.reserve(static_cast<std::size_t>(columns));
  for (int i = 0; i < columns; ++i) cells.push_back(ReadCell(statement, i, redactor));
  return cells;
}

std::unique_ptr<RowPrinter> NewPrinter(QueryFormat format, std::ostream& out) {
  switch (format) {
    case QueryFormat::kCsv:
      return NewCsvPrinter(out);
    case QueryFormat::kJson:
      return NewJsonPrinter(out);
    case QueryFormat::kNdjson:
      return NewNdjsonPrinter(out);
    case QueryFormat::kMarkdown:
      return NewMarkdownPrinter(out);
    case QueryFormat::kTable:
      break;
  }
  return NewTablePrinter(out);
}

std::vector<std::string> NamesOfColumns(sqlite3_stmt* statement) {
  std::vector<std::string> names;
  for (int i = 0; i < sqlite3_column_count(statement); ++i) {
    const char* name = sqlite3_column_name(statement, i);
    names.emplace_back(name ? name : "");
  }
  return names;
}

// Prints what `statement` gives, and returns SQLite's last word.
int PrintRows(sqlite3_stmt* statement, const Redactor* redactor, RowPrinter& printer,
              std::ostream& out) {
  int code = sqlite3_step(statement);
  if (code == SQLITE_ROW || code == SQLITE_DONE) printer.Begin(NamesOfColumns(statement));
  for (; code == SQLITE_ROW && out; code = sqlite3_step(statement)) {
    printer.Row(ReadRow(statement, redactor));
  }
  if (code == SQLITE_DONE) printer.End();
  return code;
}

// `sql`, unless it is one word: the name of a relation, all of whose rows are wanted.
Result<std::string> ExpandRelation(Database& database, const std::string& sql) {
  const auto is_letter = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  if (sql.empty() || !std::ranges::all_of(sql, is_letter)) return sql;
  const Result<std::vector<std::string>> names = RelationNames(database);
  if (!names) return tl::unexpected(names.error());
  if (std::ranges::find(*names, sql) != names->end())
    return fmt::format("SELECT * FROM \"{}\"", sql);
  std::string text = fmt::format("there is no relation {}; there are:", sql);
  for (const std::string& name : *names) text += " " + name;
  return Fail(std::move(text));
}

}  // namespace

const std::string_view kQueryFormats = "table, csv, json, ndjson or markdown";

std::optional<QueryFormat> ParseQueryFormat(std::string_view word) {
  if (word == "table") return QueryFormat::kTable;
  if (word == "csv") return QueryFormat::kCsv;
  if (word == "json") return QueryFormat::kJson;
  if (word == "ndjson") return QueryFormat::kNdjson;
  if (word == "markdown") return QueryFormat::kMarkdown;
  return std::nullopt;
}

SqlStatements SplitSql(const std::string& text) {
  const auto is_complete = [](const std::string& sql) {
    return sqlite3_complete(sql.c_str()) == 1;
  };
  SqlStatements statements;
  std::size_t begin = 0;
  for (std::size_t end = text.find(';'); end != std::string::npos; end = text.find(';', end + 1)) {
    std::string statement = text.substr(begin, end + 1 - begin);
    if (!is_complete(statement)) continue;
    statements.complete.push_back(std::move(statement));
    begin = end + 1;
  }
  statements.rest = text.substr(begin);
  if (is_complete(";" + statements.rest)) statements.rest.clear();
  return statements;
}

Status RunQuery(Database& database, const std::string& sql, const QueryOptions& options,
                std::ostream& out) {
  const Result<std::string> whole = ExpandRelation(database, sql);
  if (!whole) return tl::unexpected(whole.error());
  const QueryGuard guard(database);
  // No value of a store is longer; one function call could else take all memory, out of reach of a
  // time limit.
  constexpr int kLongestValue = 64 << 20;
  sqlite3_limit(database.handle(), SQLITE_LIMIT_LENGTH, kLongestValue);
  const Result<StatementHandle> compiled = CompileOnly(database.handle(), *whole);
  if (!compiled) return tl::unexpected(compiled.error());
  sqlite3_stmt* const statement = compiled->get();
  if (Status status = BindParameters(statement, options.parameters); !status) return status;

  const QueryStop stop(database, options);
  const int code = PrintRows(statement, database.redactor(), *NewPrinter(options.format, out), out);
  // A row left over means that `out` failed, which is the caller's to tell.
  if (code == SQLITE_ROW || code == SQLITE_DONE) return {};
  if (code == SQLITE_INTERRUPT) return Fail(stop.Reason());
  return tl::unexpected(DescribeSqlError(database.handle(), code, *whole));
}

}  // namespace kautopsy
