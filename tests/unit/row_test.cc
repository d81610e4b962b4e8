#include "base/row.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

#include <span>
#include <string>

namespace kautopsy {
namespace {

struct Sample {
  static constexpr std::string_view kRelation = "sample";
  Integer free_kb;
  Real ratio;
  Text comm;
  static std::span<const Field<Sample>> Fields() {
    static constexpr Field<Sample> kFields[] = {
        {"free_kb", &Sample::free_kb, "free"}, {"ratio", &Sample::ratio}, {"comm", &Sample::comm}};
    return kFields;
  }
};

class Joined final : public CellSink {
 public:
  void OnInteger(const Integer& value) override {
    text += value ? std::to_string(*value) + ";" : "null;";
  }
  void OnReal(const Real& value) override { text += value ? "real;" : "null;"; }
  void OnText(const Text& value) override { text += value.value_or("null") + ";"; }
  std::string text;
};

}  // namespace

TEST_CASE("A batch gives the cells of its rows in the order of the fields") {
  const RowsOf<Sample> rows({{12, 0.5, "bash"}, {}});
  CHECK(rows.relation() == "sample");
  CHECK(std::ranges::equal(rows.columns(),
                           std::array<std::string_view, 3>{"free_kb", "ratio", "comm"}));
  REQUIRE(rows.size() == 2);
  Joined cells;
  rows.Visit(0, cells);
  rows.Visit(1, cells);
  CHECK(cells.text == "12;real;bash;null;null;null;");
}

TEST_CASE("SetByKey finds a field by the kernel's word and no other") {
  Sample row;
  std::size_t hint = 0;
  CHECK(SetByKey(row, Sample::Fields(), "free", 7, hint));
  CHECK(row.free_kb == 7);
  CHECK_FALSE(SetByKey(row, Sample::Fields(), "free_kb", 8, hint));
  CHECK_FALSE(SetByKey(row, Sample::Fields(), "", 8, hint));
  CHECK(row.free_kb == 7);
}

TEST_CASE("SetByKey finds fields behind and before the hint") {
  Sample row;
  for (std::size_t hint : {0, 1, 2, 3, 4}) {
    CAPTURE(hint);
    row.free_kb = std::nullopt;
    CHECK(SetByKey(row, Sample::Fields(), "free", 7, hint));
    CHECK(row.free_kb == 7);
  }
}

}  // namespace kautopsy
