#include "store/recipe.h"

#include <set>

#include "tests/unit/store_fixture.h"

namespace kautopsy::test {
namespace {

std::string Values(const std::string& recipe, const std::vector<QueryParameter>& given) {
  const Result<const Recipe*> found = FindRecipe(recipe);
  REQUIRE(found);
  const auto parameters = FillParameters(**found, given);
  if (!parameters) return parameters.error().message;
  std::string text;
  for (const QueryParameter& parameter : *parameters)
    text += parameter.name + "=" + parameter.value.value_or("NULL") + " ";
  return text;
}

TEST_CASE("a recipe's parameters have their defaults unless they are given") {
  CHECK(Values("killed", {}) == "host=NULL since=NULL until=NULL limit=50 ");
  CHECK(Values("killed", {{"limit", "3"}, {"host", "007"}}) ==
        "host=007 since=NULL until=NULL limit=3 ");
}

TEST_CASE("a parameter that a recipe does not have is refused, and so is text for a number") {
  CHECK(Values("killed", {{"hosts", "db1"}}) ==
        "@killed has no parameter hosts; it has host, since, until, limit");
  CHECK(Values("killed", {{"limit", "all"}}) == "limit of @killed is a number, not all");
}

TEST_CASE("a recipe that is not there is refused with the names of those that are") {
  const auto found = FindRecipe("kiled");
  REQUIRE_FALSE(found);
  CHECK(found.error().message.starts_with("there is no recipe @kiled; there are: @incidents "));
}

TEST_CASE("a recipe's name is unique, and its head has all its parts") {
  std::set<std::string_view> names;
  for (const Recipe& recipe : Recipes()) {
    CAPTURE(recipe.name);
    CHECK(names.insert(recipe.name).second);
    CHECK_FALSE(recipe.title.empty());
    CHECK_FALSE(recipe.columns.empty());
    CHECK(recipe.sql.starts_with("SELECT "));
    for (const RecipeField& field : recipe.parameters) CHECK_FALSE(field.meaning.empty());
    for (const RecipeField& field : recipe.columns) CHECK_FALSE(field.meaning.empty());
  }
}

}  // namespace
}  // namespace kautopsy::test
