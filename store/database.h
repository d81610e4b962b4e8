#pragma once

#include <sqlite3.h>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/result.h"
#include "base/row.h"
#include "store/redactor.h"

namespace kautopsy {

// A prepared statement. Parameters and columns count from 0. Lives no longer than its Database.
// A parameter that was never bound is NULL. A failure to bind is reported by the next Step.
class Statement {
 public:
  void Bind(int parameter, const Integer& value);
  void Bind(int parameter, const Real& value);
  void Bind(int parameter, std::string_view value);  // copied
  void Bind(int parameter, const Text& value);       // copied
  void BindNull(int parameter);
  // Not copied: must stay as it is until the parameter is bound anew, or the statement is gone.
  void BindUncopied(int parameter, std::string_view value);
  // As above, for plain numbers and whatever converts to a string_view.
  template <std::integral T>
  void Bind(int parameter, T value) {
    Bind(parameter, Integer(static_cast<int64_t>(value)));
  }
  template <std::floating_point T>
  void Bind(int parameter, T value) {
    Bind(parameter, Real(value));
  }
  template <class T>
  requires std::is_convertible_v<const T&, std::string_view>
  void Bind(int parameter, const T& value) { Bind(parameter, std::string_view(value)); }

  // True: a row is there to be read; false: done. Errors name the statement and SQLite's reason.
  Result<bool> Step();
  // Makes the statement ready to run again; parameters keep their values.
  void Reset();

  int column_count() const;
  std::string_view column_name(int column) const;
  bool IsNull(int column) const;
  Integer GetInteger(int column) const;
  Real GetReal(int column) const;
  Text GetText(int column) const;  // redacted, if the Database is told to
  // As it is in the store. Empty for NULL too; lives until the next Step or Reset.
  std::string_view ViewText(int column) const;
  sqlite3_stmt* handle() const { return statement_.get(); }

 private:
  friend class Database;
  void BindText(int parameter, std::string_view value, sqlite3_destructor_type lifetime);
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int bind_result_ = SQLITE_OK;  // the first failure since the last Step
  std::shared_ptr<const Redactor> redactor_;
};

// One kautopsy store: an SQLite file of schema version kSchemaVersion. Not thread-safe.
class Database {
 public:
  static constexpr int kSchemaVersion = 1;
  static constexpr int kApplicationId = 0x6B617574;  // "kaut": tells our files from other programs'

  // Opens `path` for writing and creates the schema in an empty or missing file. Refuses, with the
  // reason: databases of other programs, newer schemas, files and folders that cannot be written.
  static Result<Database> OpenForIngest(const std::string& path);
  // Opens an existing store; nothing can be changed through it. Refuses as above. (What an ingest
  // that was killed left half done is rolled back first.)
  static Result<Database> OpenReadOnly(const std::string& path);
  // A store that SQLite keeps in memory, and in an unnamed file when it grows; gone when closed.
  static Result<Database> OpenTemporary();

  Result<Statement> Prepare(std::string_view sql);
  // Runs one or more statements that give no rows.
  Status Execute(const std::string& sql);
  // From now on every text that a new statement or query gives has names replaced.
  Status Redact();
  // Both, with the same pseudonym for the same name. They may be one.
  static Status RedactAlike(Database& one, Database& other);
  const Redactor* redactor() const { return redactor_.get(); }  // null: nothing is replaced
  // Undoes the open transaction, if there is one (SQLite ends it by itself when the disk is full).
  void Rollback();
  int64_t LastInsertId() const;
  sqlite3* handle() const { return database_.get(); }

 private:
  struct Closer {
    void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
  };
  // `flags` of sqlite3_open_v2(); opens without a look at what the file is.
  static Result<Database> Open(const std::string& path, int flags);
  // Settings that need a database that was looked at.
  static Result<Database> Ready(Database database);

  std::unique_ptr<sqlite3, Closer> database_;
  std::shared_ptr<const Redactor> redactor_;
};

// Why the last call on `database` failed with `code`: "PATH: reason; what to do". `sql`, if not
// empty, is named for failures that lie in the statement and not in the file. `path` stands in
// where SQLite does not know one, which else is the temporary store.
Error DescribeFailure(sqlite3* database, int code, std::string_view sql,
                      std::string_view path = {});

}  // namespace kautopsy
