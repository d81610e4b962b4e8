// Runs every saved question and compares docs/recipes.md, which is made of them and their answers.
#include <doctest/doctest.h>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "parsers/import_source.h"
#include "reports/diagnosis/diagnose.h"
#include "reports/sql/functions.h"
#include "store/database.h"
#include "store/query.h"
#include "store/recipe.h"
#include "store/sqlite_sink.h"
#include "tests/support/files.h"
#include "tests/support/string_source.h"

namespace kautopsy::test {
namespace {

// Together they give every recipe something to say.
const std::vector<std::string> kSamples = {
    "seed/messages",          "oom/el6-complete.log",   "oom/memcg-v1-reaped.log",
    "oom/memcg-v2-group.log", "mem_info/el5-sysrq.log", "alloc_failure/el6-complete.log",
    "crash/stalls.log",       "crash/oops-6.12.log",    "segfault/x86.log",
    "io_error/scsi-ata.log",  "fs_error/ext.log",       "lost_lines/markers.log",
    "boot/ends.log",          "boot/syslog.log",
};

// What an answer in the documentation is asked with, beside a limit of three rows.
const std::map<std::string_view, QueryParameter> kShownWith = {
    {"signature", {"hosts", "1"}},
    {"lines", {"limit", "1"}},
};

template <class T>
void RequireOk(const Result<T>& result) {
  REQUIRE_MESSAGE(result.has_value(), (result ? "" : result.error().message));
}

Database SampleStore() {
  Result<Database> database = Database::OpenTemporary();
  RequireOk(database);
  for (const std::string& sample : kSamples) {
    const std::string text = ReadFile("samples/" + sample);
    StringSource source(text);
    const std::unique_ptr<EventSink> sink = NewSqliteSink(*database);
    RequireOk(ImportSource(source, sample, "file", {}, *sink));
  }
  RequireOk(UpdateIncidents(*database));
  RequireOk(AddSqlFunctions(*database));
  return std::move(*database);
}

bool Has(const Recipe& recipe, std::string_view parameter) {
  return std::ranges::find(recipe.parameters, parameter, &RecipeField::name) !=
         recipe.parameters.end();
}

std::vector<QueryParameter> ShownWith(const Recipe& recipe) {
  std::vector<QueryParameter> given;
  const auto own = kShownWith.find(recipe.name);
  if (own != kShownWith.end()) given.push_back(own->second);
  const bool limited = std::ranges::find(given, "limit", &QueryParameter::name) != given.end();
  if (Has(recipe, "limit") && !limited) given.push_back({"limit", "3"});
  return given;
}

std::string Answer(Database& database, const Recipe& recipe,
                   const std::vector<QueryParameter>& given, QueryFormat format) {
  const auto parameters = FillParameters(recipe, given);
  RequireOk(parameters);
  std::ostringstream out;
  RequireOk(RunQuery(database, std::string(recipe.sql),
                     QueryOptions{.format = format, .parameters = *parameters}, out));
  return out.str();
}

std::string FieldsText(std::string_view heading, const std::vector<RecipeField>& fields) {
  if (fields.empty()) return "";
  std::string text = fmt::format("\n{}:\n", heading);
  for (const RecipeField& field : fields) {
    const std::string value = field.value ? fmt::format(" ({})", *field.value) : "";
    text += fmt::format("- `{}`{}: {}\n", field.name, value, field.meaning);
  }
  return text;
}

std::string Section(Database& database, const Recipe& recipe) {
  std::string text = fmt::format("\n## @{}\n{}\n", recipe.name, recipe.title);
  for (const std::string_view note : recipe.notes) text += fmt::format("{}\n", note);
  text += FieldsText("Parameters (and what they are if not given)", recipe.parameters);
  text += FieldsText("Columns", recipe.columns);
  text += fmt::format("\n```sql\n{}```\n", recipe.sql);
  const std::vector<QueryParameter> given = ShownWith(recipe);
  std::string arguments;
  for (const QueryParameter& parameter : given)
    arguments += fmt::format(" --{} {}", parameter.name == "limit" ? "limit" : "param",
                             parameter.name == "limit"
                                 ? *parameter.value
                                 : fmt::format("{}={}", parameter.name, *parameter.value));
  text += fmt::format("\n`kautopsy query --db kernel.db --format markdown @{}{}`:\n\n", recipe.name,
                      arguments);
  return text + Answer(database, recipe, given, QueryFormat::kMarkdown);
}

std::string RecipesPage(Database& database) {
  std::string page =
      "# Recipes\n\n"
      "Saved questions that a store answers: `kautopsy query --db kernel.db @killed --host web1`, "
      "or `@killed\nhost=web1` in `kautopsy shell`. `kautopsy query --list` lists them, `--list "
      "@killed` prints one. `--host`,\n`--since`, `--until` and `--limit` are short for "
      "`--param host=...` and so on; a recipe refuses parameters that it\ndoes not have. They are "
      "SQL to start from: each runs as it is printed here, with its parameters bound.\n\n"
      "This page is written by the tests, and so are the answers on it "
      "(`UPDATE_GOLDEN=1 scripts/test`): on a store of\n";
  for (const std::string& sample : kSamples)
    page += fmt::format("{}`samples/{}`", sample == kSamples.front() ? "" : ",\n", sample);
  page += ".\n\n| recipe | answers |\n|---|---|\n";
  for (const Recipe& recipe : Recipes())
    page += fmt::format("| [@{0}](#{0}) | {1} |\n", recipe.name, recipe.title);
  for (const Recipe& recipe : Recipes()) page += Section(database, recipe);
  return page;
}

}  // namespace

TEST_CASE("Every recipe says what it answers, and answers with the columns it names") {
  Database database = SampleStore();
  CHECK(Recipes().size() >= 20);
  for (const Recipe& recipe : Recipes()) {
    CAPTURE(recipe.name);
    CHECK(recipe.title.find('?') != std::string_view::npos);
    CHECK(recipe.sql.find("ORDER BY") != std::string_view::npos);
    CHECK(Has(recipe, "limit"));
    std::string columns;
    for (const RecipeField& column : recipe.columns)
      columns.append(columns.empty() ? "" : ",").append(column.name);
    const std::string csv = Answer(database, recipe, ShownWith(recipe), QueryFormat::kCsv);
    CHECK(csv.substr(0, csv.find('\n')) == columns);
    CHECK(csv.size() > columns.size() + 1);  // it has rows
  }
}

TEST_CASE("A recipe's parameters choose rows") {
  Database database = SampleStore();
  const auto count = [&](std::string_view name, const std::vector<QueryParameter>& given) {
    const Result<const Recipe*> recipe = FindRecipe(name);
    RequireOk(recipe);
    return LinesOf(Answer(database, **recipe, given, QueryFormat::kNdjson)).size();
  };
  CHECK(count("guest_rss", {{"host", "wv2-f302"}}) == 3);
  CHECK(count("guest_rss", {{"host", "wv2-f302"}, {"guest", "wl51"}}) == 1);
  CHECK(count("guest_rss", {{"host", "x' OR '1'='1"}}) == 0);
  CHECK(count("timeline", {{"host", "wv2-f302"}, {"since", "2014-11-25"}}) == 1);
  CHECK(count("timeline", {{"host", "wv2-f302"}, {"until", "2014-11-25"}}) == 1);
  CHECK(count("timeline", {{"host", "wv2-f302"}, {"until", "2014-11-24"}}) == 0);
  CHECK(count("guest_rss", {{"host", "kvm*"}}) == 4);
  CHECK(count("crumbled", {{"host", "wv2-f302"}, {"order", "1"}}) == 1);
}

TEST_CASE("The page of recipes says what they answer today") {
  Database database = SampleStore();
  CheckGolden("docs/recipes.md", RecipesPage(database));
}

}  // namespace kautopsy::test
