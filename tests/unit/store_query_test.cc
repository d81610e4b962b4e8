#include <algorithm>

#include "tests/unit/store_fixture.h"

namespace kautopsy::test {
namespace {

std::string Query(const std::string& sql, QueryFormat format) {
  Database database = OpenOrFail(Database::OpenTemporary());
  std::ostringstream out;
  const Status status = RunQuery(database, sql, format, out);
  REQUIRE_MESSAGE(status.has_value(), status.error().message);
  return out.str();
}

std::string QueryError(const std::string& sql) {
  Database database = OpenOrFail(Database::OpenTemporary());
  std::ostringstream out;
  const Status status = RunQuery(database, sql, QueryFormat::kTable, out);
  REQUIRE_FALSE(status);
  CHECK(out.str().empty());
  return status.error().message;
}

TEST_CASE(
    "a table sets numbers to the right, tells NULL from text and escapes control characters") {
  CHECK(Query("SELECT 1 AS n, 'a' AS word, NULL AS x UNION ALL "
              "SELECT 1000, char(27) || 'é', 'NULL' UNION ALL SELECT NULL, '', 'y'",
              QueryFormat::kTable) ==
        "   n  word   x\n"
        "----  -----  ------\n"
        "   1  a      NULL\n"
        "1000  \\x1bé  'NULL'\n"
        "NULL         y\n");
}

TEST_CASE("a table without rows is its heading") {
  CHECK(Query("SELECT path FROM source", QueryFormat::kTable) == "path\n----\n");
}

TEST_CASE("a table longer than what it measures still prints every row") {
  const std::string text = Query(
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) "
      "SELECT i FROM n",
      QueryFormat::kTable);
  CHECK(std::ranges::count(text, '\n') == 3002);
  CHECK(text.ends_with("\n3000\n"));
}

TEST_CASE("CSV quotes as RFC 4180 says, disarms formulas and keeps numbers and NULL") {
  CHECK(Query("SELECT '=1+1' AS a, -1 AS b, '-1' AS c, NULL AS d, '' AS e, 'x,\"y\"' AS \"=f\", "
              "'@' AS g, '+' AS h, 1e300 AS i, 2.0 AS j",
              QueryFormat::kCsv) ==
        "a,b,c,d,e,'=f,g,h,i,j\n"
        "'=1+1,-1,'-1,,\"\",\"x,\"\"y\"\"\",'@,'+,1e+300,2.0\n");
}

TEST_CASE("JSON is one array of objects, with numbers as numbers and bad bytes replaced") {
  CHECK(Query("SELECT 1 AS a, 1.5 AS b, NULL AS c, 'x\"' || char(10) AS d, "
              "CAST(x'41ff' AS TEXT) AS e, x'00ff' AS f",
              QueryFormat::kJson) ==
        "[\n{\"a\":1,\"b\":1.5,\"c\":null,\"d\":\"x\\\"\\n\",\"e\":\"A\xEF\xBF\xBD\",\"f\":"
        "\"x'00ff'\"}\n]\n");
  CHECK(Query("SELECT path FROM source", QueryFormat::kJson) == "[]\n");
  CHECK(Query("SELECT 1 AS a, 2 AS a, 3 AS a_2", QueryFormat::kJson) ==
        "[\n{\"a\":1,\"a_2\":2,\"a_2_2\":3}\n]\n");
}

TEST_CASE("NDJSON is one object per line") {
  CHECK(Query("SELECT 1 AS a UNION ALL SELECT 2", QueryFormat::kNdjson) ==
        "{\"a\":1}\n{\"a\":2}\n");
  CHECK(Query("SELECT path FROM source", QueryFormat::kNdjson).empty());
}

TEST_CASE("Markdown disarms its own marks and HTML, and sets numbers to the right") {
  CHECK(Query("SELECT 7 AS n, 'a|b `c` <img src=x> [l](u) *e* a_b _c' AS \"x|y\", NULL AS z, "
              "'two' || char(10) || 'lines' AS t",
              QueryFormat::kMarkdown) ==
        "| n | x\\|y | z | t |\n"
        "|---:|---|---|---|\n"
        "| 7 | a\\|b \\`c\\` &lt;img src=x&gt; \\[l\\](u) \\*e\\* a_b \\_c | NULL | "
        "two\\\\x0alines |\n");
  CHECK(Query("SELECT path FROM source", QueryFormat::kMarkdown) == "| path |\n|---|\n");
}

TEST_CASE("the name of a relation stands for its rows") {
  CHECK(Query("skipped_input", QueryFormat::kCsv) == "path,reason\n");
  CHECK(QueryError("skiped_input")
            .starts_with(
                "there is no relation skiped_input; there are: source source_path skipped_input "));
}

std::string QueryWith(const std::string& sql, const std::vector<QueryParameter>& parameters) {
  Database database = OpenOrFail(Database::OpenTemporary());
  std::ostringstream out;
  const QueryOptions options{.format = QueryFormat::kNdjson, .parameters = parameters};
  const Status status = RunQuery(database, sql, options, out);
  return status ? out.str() : status.error().message;
}

TEST_CASE("parameters are values, and numbers if they are written as SQL writes them") {
  CHECK(QueryWith("SELECT typeof(:a) AS a, typeof($b) AS b, typeof(@c) AS c, typeof(:d) AS d, "
                  "typeof(:e) AS e, :e AS f",
                  {{"a", "7"}, {"b", "007"}, {"c", "-1.5"}, {"d", {}}, {"e", "'; DROP TABLE x"}}) ==
        "{\"a\":\"integer\",\"b\":\"text\",\"c\":\"real\",\"d\":\"null\",\"e\":\"text\","
        "\"f\":\"'; DROP TABLE x\"}\n");
  CHECK(QueryWith("SELECT length(:a) AS n", {{"a", "\xff"}}) == "{\"n\":1}\n");
}

TEST_CASE("a parameter without a value, a value without a parameter and ? are errors") {
  CHECK(QueryWith("SELECT :a", {}) == ":a has no value; give it one: --param a=VALUE");
  CHECK(QueryWith("SELECT :a", {{"a", "1"}, {"b", "2"}}) ==
        "the SQL has no parameter :b; it has :a");
  CHECK(QueryWith("SELECT 1", {{"b", "2"}}) == "the SQL has no parameter :b; it has none");
  CHECK(QueryWith("SELECT ?", {}).starts_with("the SQL has a parameter without a name"));
}

constexpr char kEndless[] =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

TEST_CASE("a query ends at its time limit, and the database serves the next one") {
  Database database = OpenOrFail(Database::OpenTemporary());
  std::ostringstream out;
  const Status status =
      RunQuery(database, kEndless, QueryOptions{.time_limit = std::chrono::milliseconds(50)}, out);
  REQUIRE_FALSE(status);
  CHECK(status.error().message.starts_with("ended after 0.05 s, the time limit"));
  CHECK(Rows(database, "SELECT 1") == "1\n");
}

TEST_CASE("a query ends when it is interrupted") {
  Database database = OpenOrFail(Database::OpenTemporary());
  std::ostringstream out;
  const std::atomic<bool> interrupted = true;
  const Status status =
      RunQuery(database, kEndless, QueryOptions{.interrupted = &interrupted}, out);
  REQUIRE_FALSE(status);
  CHECK(status.error().message.starts_with("interrupted"));
}

TEST_CASE("reading in all its forms is allowed") {
  CHECK(Query("VALUES (1);  -- done", QueryFormat::kNdjson) == "{\"column1\":1}\n");
  CHECK(Query("WITH a AS (SELECT 1 AS x) SELECT max(x) AS m FROM a", QueryFormat::kNdjson) ==
        "{\"m\":1}\n");
  CHECK(Query("SELECT value AS v FROM json_each('[7]')", QueryFormat::kNdjson) == "{\"v\":7}\n");
}

TEST_CASE("whatever is more than one reading statement is refused and changes nothing") {
  const TempFolder folder;
  const std::string path = folder.File("store.db");
  Database database = OpenOrFail(Database::OpenForIngest(path));
  const std::string copy = folder.File("copy.db");
  for (const std::string& sql : std::vector<std::string>{"DELETE FROM event",
                                                         "INSERT INTO command VALUES (1, 'x', 1)",
                                                         "DROP TABLE event",
                                                         "CREATE TABLE x (y)",
                                                         "CREATE TEMP TABLE x (y)",
                                                         "PRAGMA user_version = 9",
                                                         "PRAGMA user_version",
                                                         "SELECT * FROM pragma_user_version",
                                                         "ATTACH '" + copy + "' AS c",
                                                         "VACUUM",
                                                         "VACUUM INTO '" + copy + "'",
                                                         "BEGIN",
                                                         "COMMIT",
                                                         "SAVEPOINT s",
                                                         "REINDEX",
                                                         "ANALYZE",
                                                         "SELECT load_extension('x')",
                                                         "SELECT 1; SELECT 2",
                                                         "SELECT 1; DELETE FROM event",
                                                         "SELECT 1; nonsense",
                                                         "WITH a AS (SELECT 1) DELETE FROM event",
                                                         "UPDATE event SET title = ''",
                                                         "CREATE VIRTUAL TABLE f USING fts5(x)"}) {
    CAPTURE(sql);
    std::ostringstream out;
    const Status status = RunQuery(database, sql, QueryFormat::kTable, out);
    REQUIRE_FALSE(status);
    CHECK(out.str().empty());
  }
  CHECK_FALSE(std::filesystem::exists(copy));
  CHECK(Rows(database, "SELECT count(*) FROM sqlite_schema WHERE name IN ('x', 'f')") == "0\n");
  // The guard ends with the query: the program itself may write again.
  CHECK(database.Execute("INSERT INTO command VALUES (1, 'x', 1)"));
}

TEST_CASE("an error shows its place in the SQL") {
  CHECK(QueryError("SELECT title,\n  hos FROM event") ==
        "no such column: hos; kautopsy schema lists what there is\n    hos FROM event\n    ^");
  CHECK(QueryError("SELECT é FORM event") ==
        "near \"event\": syntax error\n  SELECT é FORM event\n"
        "                ^");
  CHECK(QueryError("SELECT 1; SELECT 2").starts_with("only one SELECT"));
  CHECK(QueryError("DELETE FROM event").starts_with("only one SELECT"));
  CHECK(QueryError("  -- nothing").starts_with("there is no SQL to run"));
  CHECK(QueryError(std::string("SELECT 1\0;", 10)) == "the SQL holds a NUL byte");
}

TEST_CASE("an error while running is told and not taken for the end") {
  CHECK(QueryError("SELECT abs(-9223372036854775807 - 1)") == "integer overflow");
}

}  // namespace
}  // namespace kautopsy::test
