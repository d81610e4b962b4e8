#include <fmt/core.h>

#include <algorithm>

#include "reports/render/html_sections.h"
#include "store/recipe.h"

namespace kautopsy {
namespace {

// Which saved question goes on where a section ends.
struct SectionRecipe {
  std::string_view section;
  std::string_view recipe;
};
constexpr SectionRecipe kSectionRecipes[] = {
    {"Died", "killed"},         {"Why", "rerun"},
    {"Free lists", "crumbled"}, {"Memory", "memory"},
    {"Tasks", "guests"},        {"Failed", "refused"},
    {"Time", "timeline"},       {"Coming back", "recurrence"},
    {"Leaks", "kernelleak"},    {"Evidence", "proof"},
    {"What was read", "unread"}};

// Html() shows ends of lines as signs, since a log's could forge some; here they are ours.
std::string SqlHtml(std::string_view sql) {
  std::string html;
  for (std::size_t from = 0; from < sql.size();) {
    const std::size_t end = std::min(sql.find('\n', from), sql.size());
    html += Html(sql.substr(from, end - from)) + "\n";
    from = end + 1;
  }
  return html;
}

}  // namespace

void WriteQueriesHtml(HtmlWriter& writer) {
  writer.OpenSection("queries", "Ask the store");
  writer.Paragraph(
      "The figures come out of an SQLite store that kautopsy ingest --db kernel.db makes; these "
      "questions to it show more than fits here.");
  for (const SectionRecipe& entry : kSectionRecipes) {
    const Result<const Recipe*> recipe = FindRecipe(entry.recipe);
    if (!recipe) continue;
    writer.Raw(fmt::format(
        "<details><summary>{}: {} <code>kautopsy query --db kernel.db @{}</code></summary>\n"
        "<pre><code>{}</code></pre>\n</details>\n",
        Html(entry.section), Html((*recipe)->title), Html(entry.recipe), SqlHtml((*recipe)->sql)));
  }
  writer.CloseSection();
}

}  // namespace kautopsy
