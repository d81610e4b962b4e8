#include <re2/re2.h>

#include <set>
#include <sstream>
#include <vector>

#include "tests/unit/store_fixture.h"

namespace kautopsy::test {
namespace {

// Units that a comment of a number may begin with; a suffix of the name demands its own.
const std::set<std::string>& KnownUnits() {
  static const std::set<std::string> kUnits = {
      "id",    "count", "lines",   "line",  "column", "bytes",   "KiB",  "pages", "us",
      "ms",    "0/1",   "points",  "mask",  "pid",    "uid",     "cpu",  "year",  "node",
      "order", "unit",  "percent", "index", "s",      "jiffies", "errno"};
  return kUnits;
}

std::string UnitOfName(const std::string& column) {
  const std::pair<std::string_view, std::string_view> suffixes[] = {
      {"_kb", "KiB"}, {"_pages", "pages"}, {"_us", "us"}, {"_ms", "ms"}, {"_bytes", "bytes"}};
  for (const auto& [suffix, unit] : suffixes) {
    if (column.ends_with(suffix)) return std::string(unit);
  }
  return {};
}

// The comment that begins on the line of `column`; empty if there is none.
std::string CommentOf(const std::string& sql, const std::string& column) {
  std::string comment;
  RE2::PartialMatch(sql, "(?m)^  \"?" + column + "\"? [A-Z].*?,? *-- (.+)$", &comment);
  return comment;
}

TEST_CASE("every relation says what one row is before its first column") {
  Database database = OpenOrFail(Database::OpenTemporary());
  Result<Statement> tables =
      database.Prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'table'");
  REQUIRE(tables);
  int seen = 0;
  while (tables->Step().value_or(false)) {
    const std::string name = tables->GetText(0).value_or("");
    const std::string sql = tables->GetText(1).value_or("");
    CAPTURE(name);
    CHECK(RE2::PartialMatch(sql, "(?i)^CREATE TABLE " + name + " \\(\n  -- .*\n(?s:.*)STRICT$"));
    CHECK(RE2::PartialMatch(sql, "(?i)\n  -- .*row"));
    ++seen;
  }
  CHECK(seen == 52);
}

TEST_CASE("every column has a comment, and every number says its unit") {
  Database database = OpenOrFail(Database::OpenTemporary());
  Result<Statement> columns = database.Prepare(
      "SELECT m.name, m.sql, c.name, c.type FROM sqlite_schema AS m, pragma_table_info(m.name) AS "
      "c "
      "WHERE m.type = 'table'");
  REQUIRE(columns);
  int seen = 0;
  while (columns->Step().value_or(false)) {
    const std::string name = columns->GetText(2).value_or("");
    const std::string place = columns->GetText(0).value_or("") + "." + name;
    CAPTURE(place);
    const std::string comment = CommentOf(columns->GetText(1).value_or(""), name);
    CHECK(comment.size() >= 4);
    ++seen;
    std::string unit;
    RE2::PartialMatch(comment, "^\\[([^\\]]+)\\]", &unit);
    if (columns->GetText(3) != "TEXT") CHECK(KnownUnits().contains(unit));
    const std::string demanded = UnitOfName(name);
    if (!demanded.empty() && columns->GetText(3) != "TEXT") CHECK(unit == demanded);
  }
  CHECK(seen > 250);
}

bool IsComment(const std::string& line) { return RE2::PartialMatch(line, "^ *-- ..."); }

// A comment on the line that ends with the column's name, or alone on the one before or behind it.
bool ViewColumnIsExplained(const std::string& sql, const std::string& column) {
  std::istringstream stream(sql);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  const RE2 definition("\\b" + column + "\"?,? *(--.*)?$");
  for (std::size_t i = 1; i + 1 < lines.size(); ++i) {
    std::string comment;
    if (IsComment(lines[i]) || !RE2::PartialMatch(lines[i], definition, &comment)) continue;
    if (comment.size() > 4 || IsComment(lines[i - 1]) || IsComment(lines[i + 1])) return true;
  }
  return false;
}

TEST_CASE("every view says what one row is, and its columns what they hold") {
  Database database = OpenOrFail(Database::OpenTemporary());
  Result<Statement> columns = database.Prepare(
      "SELECT m.name, m.sql, c.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
      "WHERE m.type = 'view'");
  REQUIRE(columns);
  int seen = 0;
  while (columns->Step().value_or(false)) {
    const std::string view = columns->GetText(0).value_or("");
    const std::string sql = columns->GetText(1).value_or("");
    const std::string column = columns->GetText(2).value_or("");
    CAPTURE(view);
    CAPTURE(column);
    CHECK(RE2::PartialMatch(sql, "^CREATE VIEW " + view + " AS\n  -- One row per "));
    CHECK(ViewColumnIsExplained(sql, column));
    ++seen;
  }
  CHECK(seen > 60);
}

TEST_CASE("references name the column they refer to, for programs that follow them") {
  Database database = OpenOrFail(Database::OpenTemporary());
  Result<Statement> unnamed = database.Prepare(
      "SELECT m.name FROM sqlite_schema AS m, pragma_foreign_key_list(m.name) AS k "
      "WHERE m.type = 'table' AND k.\"to\" IS NULL");
  REQUIRE(unnamed);
  CHECK_FALSE(unnamed->Step().value_or(true));
  Result<Statement> all = database.Prepare(
      "SELECT m.name FROM sqlite_schema AS m, pragma_table_info(m.name) AS c "
      "WHERE m.type = 'table' AND c.name = 'event_id' AND m.name <> 'event' AND NOT EXISTS "
      "(SELECT 1 FROM pragma_foreign_key_list(m.name) AS k WHERE k.\"from\" = 'event_id')");
  REQUIRE(all);
  CHECK_FALSE(all->Step().value_or(true));
}

TEST_CASE("the schema is printed with its comments, one relation or all") {
  Database database = OpenOrFail(Database::OpenTemporary());
  std::ostringstream all;
  REQUIRE(PrintSchema(database, std::nullopt, all));
  CHECK(all.str().starts_with("CREATE TABLE source (\n  -- One row per file"));
  CHECK(all.str().find("CREATE VIEW memory_balance") != std::string::npos);

  std::ostringstream one;
  REQUIRE(PrintSchema(database, "command", one));
  CHECK(one.str().starts_with("CREATE TABLE command ("));
  CHECK(one.str().ends_with(") STRICT;\n"));

  std::ostringstream none;
  const Status status = PrintSchema(database, "comand", none);
  REQUIRE_FALSE(status);
  CHECK(status.error().message.starts_with("there is no relation comand; there are: source, "));
  CHECK(none.str().empty());
}

}  // namespace
}  // namespace kautopsy::test
