#include <doctest/doctest.h>

#include <string>

#include "tests/unit/report_fixture.h"

namespace kautopsy::test {
namespace {

TEST_CASE("what a refused request's report lacks is told") {
  Database database = StoreOfText(
      "[   76.674219] fox/1: page allocation failure: order:1, mode:0x200020\n"
      "[   76.674691] Mem-info:\n"
      "[   76.674739] active_anon:4889 inactive_anon:13 isolated_anon:0\n",
      "cut.log");
  CHECK(Mentions(Report(database), "incomplete: "));
}

}  // namespace
}  // namespace kautopsy::test
