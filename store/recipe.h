#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/query.h"

namespace kautopsy {

// A parameter of a recipe, or a column of its answer; `value` is the default of a parameter, none
// stands for NULL.
struct RecipeField {
  std::string_view name;
  std::optional<std::string_view> value;
  std::string_view meaning;
};

// A saved question: store/recipes/NAME.sql. Its head of comments is read into the members:
//   -- Who was killed most?                   the title
//   -- Guests count under their name.         what there is to know besides, none or some lines
//   -- Parameters
//   --   limit = 50: at most so many rows
//   -- Columns
//   --   victim: who was killed
// Views into the program's own text: they live for ever.
struct Recipe {
  std::string_view name;
  std::string_view title;
  std::vector<std::string_view> notes;
  std::vector<RecipeField> parameters;
  std::vector<RecipeField> columns;
  std::string_view sql;   // without the head
  std::string_view text;  // the whole file
};

// All of them, in the order in which a reader wants them.
std::span<const Recipe> Recipes();

// The one of that name, without @; an error names those there are.
Result<const Recipe*> FindRecipe(std::string_view name);

// All parameters of `recipe`: those `given`, else their defaults. Errors: one that the recipe does
// not have, and text for one whose default is a number.
Result<std::vector<QueryParameter>> FillParameters(const Recipe& recipe,
                                                   const std::vector<QueryParameter>& given);

}  // namespace kautopsy
