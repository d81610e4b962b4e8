#include "store/database.h"

#include <fmt/core.h>

#include <system_error>

namespace kautopsy {
namespace {

std::string Reason(int error_number) {
  return std::error_code(error_number, std::generic_category()).message();
}

// Where SQLite keeps the store that has no name; empty as long as it is in memory.
std::string TemporaryFolder(sqlite3* database) {
  char* name = nullptr;
  if (sqlite3_file_control(database, "main", SQLITE_FCNTL_TEMPFILENAME, &name) != SQLITE_OK ||
      !name)
    return {};
  std::string folder(name);
  sqlite3_free(name);
  return folder.substr(0, folder.rfind('/'));
}

std::string_view Advice(int code, bool temporary) {
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return temporary
                 ? "make room there or set SQLITE_TMPDIR to a folder with more, and run it again"
                 : "make room and run it again; what was stored before is kept";
    case SQLITE_IOERR:
      return temporary ? "check the disk and run it again"
                       : "check the disk and run it again; what was stored before is kept";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process is using it; try again when that is done";
    case SQLITE_CORRUPT:
      return "the file is damaged; ingest the logs into a new file";
    case SQLITE_NOTADB:
      return "name another file with --db";
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
      return "check the permissions of the file and its folder";
    default:
      return "";
  }
}

// Answers all questions about a cell: its type, its value, its size. sqlite3_column_int64() and its
// like look the cell up for each of them. Without mutexes, as a Database is opened, a value of
// sqlite3_column_value() is like any other (https://www.sqlite.org/c3ref/value.html).
sqlite3_value* CellOf(const Statement& row, int column) {
  return sqlite3_column_value(row.handle(), column);
}

}  // namespace

Error DescribeFailure(sqlite3* database, int code, std::string_view sql, std::string_view path) {
  const char* name = database ? sqlite3_db_filename(database, "main") : nullptr;
  std::string text(name && *name ? std::string_view(name) : path);
  const bool temporary = text.empty();
  if (temporary) text = "temporary store";
  if (const std::string folder = temporary && database ? TemporaryFolder(database) : "";
      !folder.empty())
    text += " in " + folder;
  text += ": ";
  text += database ? sqlite3_errmsg(database) : sqlite3_errstr(code);
  const int system_error = database ? sqlite3_system_errno(database) : 0;
  const int primary = code & 0xFF;
  if (system_error != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN)) {
    text += " (" + Reason(system_error) + ")";
  }
  const std::string_view advice = Advice(code, temporary);
  if (!advice.empty()) {
    text += fmt::format("; {}", advice);
  } else if (!sql.empty()) {
    text += fmt::format(", in: {}", sql);
  }
  return Error{std::move(text)};
}

void Statement::Bind(int parameter, const Integer& value) {
  if (!value) return BindNull(parameter);
  const int code = sqlite3_bind_int64(handle(), parameter + 1, *value);
  if (bind_result_ == SQLITE_OK) bind_result_ = code;
}

void Statement::Bind(int parameter, const Real& value) {
  if (!value) return BindNull(parameter);
  const int code = sqlite3_bind_double(handle(), parameter + 1, *value);
  if (bind_result_ == SQLITE_OK) bind_result_ = code;
}

void Statement::BindText(int parameter, std::string_view value, sqlite3_destructor_type lifetime) {
  const char* data = value.data() ? value.data() : "";
  const int code =
      sqlite3_bind_text64(handle(), parameter + 1, data, value.size(), lifetime, SQLITE_UTF8);
  if (bind_result_ == SQLITE_OK) bind_result_ = code;
}

void Statement::Bind(int parameter, std::string_view value) {
  BindText(parameter, value, SQLITE_TRANSIENT);
}

void Statement::BindUncopied(int parameter, std::string_view value) {
  BindText(parameter, value, SQLITE_STATIC);
}

void Statement::Bind(int parameter, const Text& value) {
  if (!value) return BindNull(parameter);
  Bind(parameter, std::string_view(*value));
}

void Statement::BindNull(int parameter) {
  const int code = sqlite3_bind_null(handle(), parameter + 1);
  if (bind_result_ == SQLITE_OK) bind_result_ = code;
}

Result<bool> Statement::Step() {
  int code = bind_result_;
  bind_result_ = SQLITE_OK;
  if (code == SQLITE_OK) code = sqlite3_step(handle());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return tl::unexpected(DescribeFailure(sqlite3_db_handle(handle()), code, sqlite3_sql(handle())));
}

void Statement::Reset() { sqlite3_reset(handle()); }

int Statement::column_count() const { return sqlite3_column_count(handle()); }

std::string_view Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(handle(), column);
  return name ? name : "";
}

bool Statement::IsNull(int column) const {
  return sqlite3_value_type(CellOf(*this, column)) == SQLITE_NULL;
}

Integer Statement::GetInteger(int column) const {
  sqlite3_value* const cell = CellOf(*this, column);
  if (sqlite3_value_type(cell) == SQLITE_NULL) return std::nullopt;
  return sqlite3_value_int64(cell);
}

Real Statement::GetReal(int column) const {
  sqlite3_value* const cell = CellOf(*this, column);
  if (sqlite3_value_type(cell) == SQLITE_NULL) return std::nullopt;
  return sqlite3_value_double(cell);
}

std::string_view Statement::ViewText(int column) const {
  sqlite3_value* const cell = CellOf(*this, column);
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(cell));
  if (text == nullptr) return {};
  return {text, static_cast<std::size_t>(sqlite3_value_bytes(cell))};
}

Text Statement::GetText(int column) const {
  sqlite3_value* const cell = CellOf(*this, column);
  const auto* text = reinterpret_cast<const char*>(sqlite3_value_text(cell));
  if (text == nullptr) return std::nullopt;
  const std::string_view view(text, static_cast<std::size_t>(sqlite3_value_bytes(cell)));
  return redactor_ ? redactor_->Apply(view) : std::string(view);
}

Result<Statement> Database::Prepare(std::string_view sql) {
  sqlite3_stmt* raw = nullptr;
  const int code = sqlite3_prepare_v3(handle(), sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(DescribeFailure(handle(), code, sql));
  Statement statement;
  statement.statement_.reset(raw);
  statement.redactor_ = redactor_;
  return statement;
}

Status Database::Execute(const std::string& sql) {
  const int code = sqlite3_exec(handle(), sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return tl::unexpected(DescribeFailure(handle(), code, sql));
  return {};
}

Status Database::Redact() {
  if (redactor_) return {};
  Result<std::shared_ptr<const Redactor>> redactor = Redactor::Open(*this);
  if (!redactor) return tl::unexpected(redactor.error());
  redactor_ = std::move(*redactor);
  return {};
}

Status Database::RedactAlike(Database& one, Database& other) {
  if (&one == &other) return one.Redact();
  Result<std::shared_ptr<const Redactor>> redactor = Redactor::Open(one, other);
  if (!redactor) return tl::unexpected(redactor.error());
  one.redactor_ = *redactor;
  other.redactor_ = std::move(*redactor);
  return {};
}

void Database::Rollback() {
  // Fails only if there is nothing to undo, or if the file is lost anyhow: its journal then undoes
  // it.
  if (sqlite3_get_autocommit(handle()) == 0) {
    sqlite3_exec(handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

int64_t Database::LastInsertId() const { return sqlite3_last_insert_rowid(handle()); }

}  // namespace kautopsy
