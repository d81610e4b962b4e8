#pragma once

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "base/row.h"
#include "store/cell_text.h"
#include "store/database.h"

namespace kautopsy {

// Texts may be a log's.
template <class T>
void BindCell(Statement& statement, int parameter, const T& value) {
  statement.Bind(parameter, value);
}
inline void BindCell(Statement& statement, int parameter, std::string_view text) {
  BindLogText(statement, parameter, text);
}
inline void BindCell(Statement& statement, int parameter, const std::string& text) {
  BindLogText(statement, parameter, std::string_view(text));
}
inline void BindCell(Statement& statement, int parameter, const Text& text) {
  BindLogText(statement, parameter, text);
}

// Runs a statement that gives no rows, with one cell per parameter, from left to right. Without
// cells the parameters keep their values.
template <class... Cells>
Status Run(Statement& statement, const Cells&... cells) {
  [[maybe_unused]] int parameter = 0;
  (BindCell(statement, parameter++, cells), ...);
  const Result<bool> done = statement.Step();
  statement.Reset();
  return done ? Status() : tl::unexpected(done.error());
}

// Calls `body`, which returns a Status, within a transaction: all that it changes, or nothing.
template <class Body>
Status InTransaction(Database& database, Body&& body) {
  Status done = database.Execute("BEGIN IMMEDIATE").and_then(body).and_then([&] {
    return database.Execute("COMMIT");
  });
  if (!done) database.Rollback();
  return done;
}

// True if the query gives a row. One that is kept open would hold a lock.
inline Result<bool> HasRow(Database& database, const char* sql) {
  Result<Statement> statement = database.Prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  return statement->Step();
}

// Calls `body(const Statement&)`, which returns a Status or nothing, for every row of the
// statement, whose parameters are bound; an error ends it.
template <class Body>
Status ForEachRow(Statement& statement, Body&& body) {
  const Statement& cells = statement;
  Result<bool> row = statement.Step();
  Status done;
  for (; done && row && *row; row = statement.Step()) {
    if constexpr (std::is_void_v<decltype(body(cells))>)
      body(cells);
    else
      done = body(cells);
  }
  statement.Reset();
  return row ? done : tl::unexpected(row.error());
}

// The same for every row of a query, `cells` being its parameters from left to right.
template <class Body, class... Cells>
Status ForEachRow(Database& database, std::string_view sql, Body&& body, const Cells&... cells) {
  Result<Statement> statement = database.Prepare(sql);
  if (!statement) return tl::unexpected(statement.error());
  [[maybe_unused]] int parameter = 0;
  (BindCell(*statement, parameter++, cells), ...);
  return ForEachRow(*statement, std::forward<Body>(body));
}

// Prepares a list of pairs of SQL and where its Statement goes; the first error, if there is one.
template <class List>
Status PrepareAll(Database& database, const List& list) {
  for (const auto& [sql, target] : list) {
    Result<Statement> statement = database.Prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    *target = std::move(*statement);
  }
  return {};
}

}  // namespace kautopsy
