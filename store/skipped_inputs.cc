#include "store/skipped_inputs.h"

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

}  // namespace

Status StoreSkippedInputs(Database& database, const SkippedInputs& skipped) {
  if (skipped.empty()) return {};
  // Within the transaction of sources that were read before, if there is one.
  if (sqlite3_get_autocommit(database.handle()) == 0) return Insert(database, skipped);
  Status done = database.Execute("BEGIN IMMEDIATE");
  if (done) done = Insert(database, skipped);
  if (done) done = database.Execute("COMMIT");
  if (!done) database.Rollback();
  return done;
}

}  // namespace kautopsy
