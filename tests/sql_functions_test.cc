// Runs every example of a function and compares docs/sql-functions.md, which is made of them.
#include <doctest/doctest.h>
#include <fmt/core.h>
#include <re2/re2.h>

#include <sstream>
#include <string>
#include <vector>

#include "reports/sql/function_list.h"
#include "reports/sql/functions.h"
#include "store/database.h"
#include "store/query.h"
#include "tests/support/files.h"

namespace kautopsy::test {
namespace {

Database Functions() {
  Result<Database> database = Database::OpenTemporary();
  REQUIRE(database);
  REQUIRE(AddSqlFunctions(*database));
  return std::move(*database);
}

// The value of an expression, as CSV shows it; else the message of its error.
std::string Value(const std::string& expression) {
  Database database = Functions();
  std::ostringstream out;
  const Status status = RunQuery(database, "SELECT " + expression, QueryFormat::kCsv, out);
  if (!status) return status.error().message;
  const std::vector<std::string> lines = LinesOf(out.str());
  return lines.size() == 2 ? lines.back() : "";
}

// The answer to one expression, as the table of the functions' page shows it.
std::string Example(Database& database, const std::string& expression) {
  std::ostringstream out;
  REQUIRE(RunQuery(database, "SELECT " + expression, QueryFormat::kMarkdown, out));
  const std::vector<std::string> lines = LinesOf(out.str());
  REQUIRE(lines.size() == 3);
  std::string code = expression;  // a bar would end the cell, even in code
  RE2::GlobalReplace(&code, R"(\|)", R"(\\|)");
  return fmt::format("| `{}` {}\n", code, lines.back());
}

std::string FunctionsPage(Database& database) {
  std::string page =
      "# SQL functions\n\n"
      "kautopsy adds these to SQLite's own in `kautopsy query` and `kautopsy shell`. NULL gives "
      "NULL, and so does what is\nno argument of the kind. All are deterministic. This page is "
      "written by the tests (`UPDATE_GOLDEN=1 scripts/test`).\n\n"
      "## In other programs\n"
      "The build makes them a loadable extension, too: `build/release/kautopsy_sql.so`. Tables "
      "and views of a store never\nneed it.\n"
      "```sh\n"
      "sqlite3 -readonly -cmd '.load build/release/kautopsy_sql' kernel.db \\\n"
      "  'SELECT victim, human_bytes(rss_kb * 1024) FROM kills'\n"
      "datasette --load-extension build/release/kautopsy_sql.so kernel.db\n"
      "```\n"
      "In Python: `connection.enable_load_extension(True); "
      "connection.load_extension('build/release/kautopsy_sql')`.\n"
      "SQLite must be 3.37 or newer, as the tables are `STRICT`.\n";
  for (const SqlFunction& function : SqlFunctions()) {
    page += fmt::format("\n## {}\n{}\n\n| SQL | gives |\n|---|---|\n", function.signature,
                        function.meaning);
    for (const std::string& example : LinesOf(std::string(function.examples)))
      page += Example(database, example);
  }
  return page;
}

}  // namespace

TEST_CASE("Functions give NULL for NULL and for what is nothing of the kind") {
  for (const std::string& call : std::vector<std::string>{
           "gfp_flags(NULL)", "gfp_can(NULL, 'fs')", "gfp_can(32, NULL)", "order_bytes(-1)",
           "order_bytes(99)", "order_bytes(1, 0)", "human_bytes('many')", "human_bytes(NULL)",
           "human_time(NULL)", "frag_index('no list', 1)", "frag_index('[1,\"x\"]', 1)",
           "frag_index('[]', 1)", "frag_index('[1,2]', -1)", "unusable_index(NULL, 1)",
           "guest_of('mysqld')", "guest_of('/system.slice/ssh.service')", "re2_extract(NULL, 'x')",
           "re2_extract('x', 'y')", "re2_extract('b', '(a)?b')"}) {
    CAPTURE(call);
    CHECK(Value(call).empty());
  }
}

TEST_CASE("Functions stand numbers at the ends of their range") {
  CHECK(Value("human_bytes(9223372036854775807)") == "8589934592.0 GiB");
  CHECK(Value("human_bytes(-9223372036854775807 - 1)") == "'-8589934592.0 GiB");
  CHECK(Value("human_bytes(1023)") == "1023 B");
  CHECK(Value("human_bytes(1e300)").empty());
  CHECK(Value("human_time(999)") == "999 us");
  CHECK(Value("human_time(-90000000)") == "'-1 min");
  CHECK(Value("order_bytes(30, 1024)") == "1125899906842624");
}

TEST_CASE("What a function cannot know to be an answer is an error") {
  CHECK(Value("gfp_can(32, 'fly')")
            .starts_with("gfp_can() knows no 'fly'; it knows: reclaim kswapd"));
  CHECK(Value("re2_extract('x', '(')").starts_with("re2_extract(): missing )"));
  CHECK(Value("re2_extract('x', 'x', 1)") == "re2_extract(): the pattern has 0 groups, not 1");
}

TEST_CASE("A pattern may change from row to row") {
  Database database = Functions();
  std::ostringstream out;
  REQUIRE(RunQuery(database,
                   "WITH p(x) AS (VALUES ('a'), ('b'), ('a')) SELECT re2_extract('ab', x) AS r "
                   "FROM p",
                   QueryFormat::kCsv, out));
  CHECK(out.str() == "r\na\nb\na\n");
}

TEST_CASE("The page of functions says what they give today") {
  Database database = Functions();
  CheckGolden("docs/sql-functions.md", FunctionsPage(database));
}

}  // namespace kautopsy::test
