#include "store/recipe.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"
#include "store/recipe_files.h"

namespace kautopsy {
namespace {

// "limit = 50: at most so many rows", or "victim: who was killed".
RecipeField ReadField(std::string_view line) {
  RecipeField field;
  const std::size_t colon = line.find(": ");
  field.meaning = line.substr(colon + 2);
  std::string_view head = line.substr(0, colon);
  const std::size_t sign = head.find(" = ");
  field.name = head.substr(0, sign);
  if (sign == std::string_view::npos) return field;
  const std::string_view value = head.substr(sign + 3);
  if (value != "NULL") field.value = value;
  return field;
}

// A test sees to it that all recipes have this form.
Recipe ReadRecipe(const EmbeddedText& file) {
  Recipe recipe;
  recipe.text = file.text;
  recipe.name = file.name.substr(0, file.name.find('.'));
  std::string_view rest = file.text;
  std::vector<RecipeField>* fields = nullptr;
  while (ConsumePrefix(rest, "-- ")) {
    std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(line.size() + 1);
    if (line == "Parameters") {
      fields = &recipe.parameters;
    } else if (line == "Columns") {
      fields = &recipe.columns;
    } else if (fields) {
      fields->push_back(ReadField(TrimBlanks(line)));
    } else if (recipe.title.empty()) {
      recipe.title = line;
    } else {
      recipe.notes.push_back(line);
    }
  }
  ConsumePrefix(rest, "\n");
  recipe.sql = rest;
  return recipe;
}

bool IsNumberText(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789.-") == std::string_view::npos;
}

std::string ParameterNames(const Recipe& recipe) {
  std::string names;
  for (const RecipeField& parameter : recipe.parameters)
    names.append(names.empty() ? "" : ", ").append(parameter.name);
  return names;
}

}  // namespace

std::span<const Recipe> Recipes() {
  static const std::vector<Recipe> kRecipes = [] {
    std::vector<Recipe> recipes;
    for (const EmbeddedText& file : kRecipeFiles) recipes.push_back(ReadRecipe(file));
    return recipes;
  }();
  return kRecipes;
}

Result<const Recipe*> FindRecipe(std::string_view name) {
  std::string names;
  for (const Recipe& recipe : Recipes()) {
    if (recipe.name == name) return &recipe;
    names.append(" @").append(recipe.name);
  }
  return Fail(fmt::format("there is no recipe @{}; there are:{}", EscapeForTerminal(name), names));
}

Result<std::vector<QueryParameter>> FillParameters(const Recipe& recipe,
                                                   const std::vector<QueryParameter>& given) {
  std::vector<QueryParameter> all;
  for (const RecipeField& parameter : recipe.parameters) {
    all.push_back({std::string(parameter.name),
                   parameter.value ? std::optional<std::string>(*parameter.value) : std::nullopt});
  }
  for (const QueryParameter& own : given) {
    const auto known = std::ranges::find(all, own.name, &QueryParameter::name);
    if (known == all.end()) {
      return Fail(fmt::format("@{} has no parameter {}; it has {}", recipe.name,
                              EscapeForTerminal(own.name), ParameterNames(recipe)));
    }
    const bool number = known->value && IsNumberText(*known->value);
    if (number && !IsNumberText(own.value.value_or(""))) {
      return Fail(fmt::format("{} of @{} is a number, not {}", own.name, recipe.name,
                              EscapeForTerminal(own.value.value_or("NULL"))));
    }
    known->value = own.value;
  }
  return all;
}

}  // namespace kautopsy
