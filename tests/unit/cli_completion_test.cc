#include <doctest/doctest.h>
#include <fmt/format.h>

#include "cli/completion.h"

namespace kautopsy::test {
namespace {

// "words | what is inserted"
std::string Completed(std::string_view line) {
  const ShellWords words = {.commands = {".help", ".mode", ".schema"},
                            .recipes = {"@killed", "@guests", "@guest_rss"},
                            .relations = {"oom_kill", "oom_report", "task"},
                            .columns = {"pid", "time", "time_us", "task"},
                            .others = {"SELECT", "human_bytes("},
                            .formats = {"table", "csv"}};
  const Completions found = Complete(words, line);
  return fmt::format("{} | {}", fmt::join(found.words, " "), found.Common());
}

TEST_CASE("the word before the cursor is completed by relations, columns and functions") {
  CHECK(Completed("SELECT pi") == "pid | d");
  CHECK(Completed("SELECT max(ti") == "time time_us | me");
  CHECK(Completed("FROM oom_") == "oom_kill oom_report | ");
  CHECK(Completed("sel") == "SELECT | ECT");
  CHECK(Completed("SELECT hum") == "human_bytes( | an_bytes(");
  CHECK(Completed("FROM ta") == "task | sk");
  CHECK(Completed("FROM nothing") == " | ");
}

TEST_CASE("behind a table's name and a point only columns are offered") {
  CHECK(Completed("SELECT e.t") == "task time time_us | ");
  CHECK(Completed("SELECT e.oom") == " | ");
}

TEST_CASE("recipes and commands are told by their first character") {
  CHECK(Completed("@g") == "@guest_rss @guests | uest");
  CHECK(Completed(".h") == ".help | elp");
  CHECK(Completed(".mode c") == "csv | sv");
  CHECK(Completed(".schema ta") == "task | sk");
}

}  // namespace
}  // namespace kautopsy::test
