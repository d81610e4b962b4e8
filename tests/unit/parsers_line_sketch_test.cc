#include <doctest/doctest.h>

#include <string>

#include "base/hash.h"
#include "parsers/line_sketch.h"

namespace kautopsy::test {
namespace {

using Likeness = LineSketch::Likeness;

LineSketch Of(int from, int to) {
  LineSketch sketch;
  for (int i = from; i < to; ++i) sketch.Add(QuickHash("line " + std::to_string(i)));
  return sketch;
}

TEST_CASE("Texts of which one has all lines of the other are the same") {
  CHECK(Of(0, 10).Compare(Of(0, 10)) == Likeness::kSame);
  CHECK(Of(0, 10).Compare(Of(2, 10)) == Likeness::kSame);
  CHECK(Of(0, 75).Compare(Of(0, 96)) == Likeness::kSame);
  CHECK(Of(0, 96).Compare(Of(20, 96)) == Likeness::kSame);
}

TEST_CASE("A line that is cut makes no other text of it, more lines do") {
  CHECK(Of(0, 10).Compare(Of(1, 11)) == Likeness::kSame);
  CHECK(Of(0, 10).Compare(Of(2, 12)) == Likeness::kDifferent);
  CHECK(Of(0, 96).Compare(Of(20, 116)) == Likeness::kDifferent);
}

TEST_CASE("A few lines, or the small part of a long text, say nothing") {
  CHECK(Of(0, 3).Compare(Of(0, 10)) == Likeness::kUnsure);
  CHECK(LineSketch().Compare(Of(0, 10)) == Likeness::kUnsure);
  CHECK(Of(0, 5).Compare(Of(0, 10000)) == Likeness::kUnsure);
}

TEST_CASE("A sample is read again as it was written, and damaged ones are empty") {
  for (const int lines : {0, 1, 10, 1000}) {
    CAPTURE(lines);
    const std::string hex = Of(0, lines).Hex();
    CHECK(hex.size() <= 8 * LineSketch::kSize);
    CHECK(LineSketch::FromHex(hex).Hex() == hex);
  }
  CHECK(Of(0, 5).Hex().size() == 40);
  CHECK(LineSketch::FromHex("0123456x").Hex().empty());
}

TEST_CASE("A line that recurs counts once") {
  LineSketch sketch = Of(0, 10);
  sketch.Add(QuickHash("line 3"));
  CHECK(sketch.Hex() == Of(0, 10).Hex());
}

}  // namespace
}  // namespace kautopsy::test
