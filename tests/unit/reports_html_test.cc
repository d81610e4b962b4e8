#include <string>

#include "reports/render/html_writer.h"
#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

std::string Page(Database& database) {
  ReportOptions options;
  options.format = ReportFormat::kHtml;
  return Report(database, options);
}

std::size_t CountOf(const std::string& text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++count;
  return count;
}

TEST_CASE("text in a page has no markup of its own") {
  CHECK(Html("<b a='1'>&\"") == "&lt;b a=&#39;1&#39;&gt;&amp;&quot;");
}

TEST_CASE("what cannot be seen, or turns a line around, is visible in a page") {
  CHECK(Html("a\x1b[1m\x01") == "a\\x1b[1m\\x01");
  CHECK(Html("\u202egpj") == "\\xe2\\x80\\xaegpj");
  CHECK(Html("\xff") == "\\xff");
}

TEST_CASE("what is not in the log is never written as zero") {
  CHECK(SizeCell({}).html == kNotInLog);
  CHECK(NumberCell({}).html == kNotInLog);
  CHECK(ShareCell(1, {}).html == kNotInLog);
  CHECK(ShareCell(1, 0).html == kNotInLog);
  CHECK(SizeCell(0).html == "0 KiB");
}

TEST_CASE("the page of the seed case holds what its text report says") {
  Database database = StoreOf("samples/seed/paste.txt");
  const std::string page = Page(database);
  for (const char* part :
       {"memory is fragmented", "1,648,026", "guest wl52", "vm.nr_hugepages=158208",
        "Content-Security-Policy", "paste.txt:8:4153"}) {
    CHECK_MESSAGE(Mentions(page, part), part);
  }
  CHECK(CountOf(page, "<h1>") == 1);
  CHECK(CountOf(page, "<table") == CountOf(page, "</table>"));
  CHECK(CountOf(page, "<section") == CountOf(page, "</section>"));
}

TEST_CASE("the page of a store without incidents says so") {
  Database database = OpenOrFail(Database::OpenTemporary());
  const std::string page = Page(database);
  CHECK(Mentions(page, "No kill by the OOM killer"));
  CHECK(Mentions(page, "</html>"));
}

}  // namespace
}  // namespace kautopsy::test
