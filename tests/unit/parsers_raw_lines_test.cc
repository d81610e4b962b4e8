#include <doctest/doctest.h>

#include <string>

#include "parsers/raw_lines.h"

namespace kautopsy {
namespace {

TEST_CASE("A long text is cut into pieces of whole lines, and none is lost") {
  RawLines lines;
  const std::string half(200000, 'x');
  lines.Add({1, 1}, "first");
  lines.Add({2, 3}, half);
  lines.Add({2, 200003}, half);
  lines.Add({4294967296, 1}, std::string(1000000, 'y'));  // one line is never cut
  lines.Add({4294967297, 1}, "");
  CHECK(lines.pieces().size() == 4);
  CHECK(lines.pieces().front() == "1:1:first\n2:3:" + half);
  CHECK(lines.pieces().back() == "4294967297:1:");
  std::size_t bytes = 0;
  for (const std::string& piece : lines.pieces()) bytes += piece.size();
  CHECK(lines.bytes() == bytes);
  const std::vector<RawLine> split = lines.Split();
  REQUIRE(split.size() == 5);
  CHECK(split[1].text == half);
  CHECK(split[2].place == Place{2, 200003});
  CHECK(split[3].place == Place{4294967296, 1});
  CHECK(split[4].text.empty());
  CHECK(lines.last() == Place{4294967297, 1});
}

}  // namespace
}  // namespace kautopsy
