#include "tests/support/files.h"
#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

std::string MarkdownOf(Database& database, bool verbose = false) {
  ReportOptions options;
  options.format = ReportFormat::kMarkdown;
  options.verbose = verbose;
  return Report(database, options);
}

TEST_CASE("the Markdown report of the seed case is the one that was reviewed") {
  Database database = StoreOf("samples/seed/paste.txt");
  CheckGolden("tests/golden/report/seed.md", MarkdownOf(database));
}

TEST_CASE("the verbose Markdown report adds the findings and every quote") {
  Database database = StoreOf("samples/seed/paste.txt");
  const std::string brief = MarkdownOf(database);
  const std::string verbose = MarkdownOf(database, true);
  CHECK(verbose.size() > brief.size() * 2);
  CHECK(Mentions(verbose, "### Findings"));
  CHECK_FALSE(Mentions(brief, "### Findings"));
}

TEST_CASE("several incidents give an overview in Markdown, none a sentence") {
  Database database = StoreOf("samples/seed/paste.txt");
  REQUIRE(
      database.Execute("INSERT INTO incident (severity, primary_cause, confidence, headline) "
                       "VALUES ('critical', 'unknown', 'low', 'a | b')"));
  const std::string report = MarkdownOf(database);
  CHECK(Mentions(report, "| 2 | critical | unknown | low | undated | unknown | a \\| b |"));
  CHECK(Mentions(report, "| fragmentation | 1 |"));
  Database empty = OpenOrFail(Database::OpenTemporary());
  CHECK(Mentions(MarkdownOf(empty), "No kill by the OOM killer"));
}

}  // namespace
}  // namespace kautopsy::test
