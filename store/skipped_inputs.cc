#include "store/skipped_inputs.h"

#include <fmt/core.h>

#include "store/cell_text.h"

namespace kautopsy {
namespace {

constexpr char kInsert[] = "INSERT OR REPLACE INTO skipped_input (path, reason) VALUES (?, ?)";

Status Insert(Database& database, const SkippedInputs& skipped) {
  Result<Statement> insert = database.Prepare(kInsert);
  if (!insert) return tl::unexpected(insert.error());
  for (const auto& [path, reason] : skipped) {
    BindLogText(*insert, 0, std::string_view(path));
    BindLogText(*insert, 1, std::string_view(reason));
    const Result<bool> done = insert->Step();
    insert->Reset();
    if (!done) return tl::unexpected(done.error());
  }
  return {};
}

// All that stands below a path sorts between its "/" and the next character, "0".
constexpr char kOfInput[] = "path = ?1 OR (path > ?1 || '/' AND path < ?1 || '0')";

Result<Statement> PrepareOfInput(Database& database, const char* verb, std::string_view path) {
  Result<Statement> statement =
      database.Prepare(fmt::format("{} FROM skipped_input WHERE {}", verb, kOfInput));
  if (statement) BindLogText(*statement, 0, path);
  return statement;
}

// Runs `write` within the transaction of sources that were read before, if there is one.
template <class Write>
Status InAnyTransaction(Database& database, Write write) {
  if (sqlite3_get_autocommit(database.handle()) == 0) return write();
  Status done = database.Execute("BEGIN IMMEDIATE");
  if (done) done = write();
  if (done) done = database.Execute("COMMIT");
  if (!done) database.Rollback();
  return done;
}

}  // namespace

Status StoreSkippedInputs(Database& database, const SkippedInputs& skipped) {
  if (skipped.empty()) return {};
  return InAnyTransaction(database, [&] { return Insert(database, skipped); });
}

Status ForgetSkippedInputs(Database& database, std::string_view path) {
  Result<Statement> any = PrepareOfInput(database, "SELECT 1", path);
  if (!any) return tl::unexpected(any.error());
  const Result<bool> row = any->Step();
  any->Reset();
  if (!row) return tl::unexpected(row.error());
  if (!*row) return {};
  return InAnyTransaction(database, [&]() -> Status {
    Result<Statement> forget = PrepareOfInput(database, "DELETE", path);
    if (!forget) return tl::unexpected(forget.error());
    const Result<bool> done = forget->Step();
    return done ? Status() : tl::unexpected(done.error());
  });
}

}  // namespace kautopsy
