#include <iostream>
#include <iterator>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/messages.h"
#include "cli/pager.h"
#include "cli/query_arguments.h"
#include "store/query.h"
#include "store/recipe.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kName = "query";

po::options_description Options() {
  po::options_description options;
  auto add = options.add_options();
  add("sql", po::value<std::vector<std::string>>());
  add("db", po::value<std::string>()->value_name("FILE"), "the store");
  add("list", po::bool_switch(),
      "list the recipes; with @RECIPE print it, its parameters and columns");
  AddOutputOptions(options);
  AddParameterOptions(options);
  AddPagerOption(options);
  return options;
}

Result<const Recipe*> RecipeOf(std::string_view word) {
  if (word.starts_with('@')) word.remove_prefix(1);
  return FindRecipe(word);
}

// All of them, or the text of one.
int List(const std::vector<std::string>& words) {
  if (words.empty()) {
    PrintRecipeList(std::cout);
    return kExitOk;
  }
  for (const std::string& word : words) {
    const Result<const Recipe*> recipe = RecipeOf(word);
    if (!recipe) return ComplainUsage(kName, recipe.error().message);
    std::cout << (*recipe)->text;
  }
  return kExitOk;
}

Status Query(const po::variables_map& arguments, const std::string& sql,
             const QueryOptions& options) {
  Result<Database> database = OpenAsAsked(arguments);
  if (!database) return tl::unexpected(database.error());
  const Pager pager(WantsPager(arguments) && options.format == QueryFormat::kTable);
  return RunQuery(*database, sql, options, std::cout);
}

// The SQL that `word` stands for; the parameters of a recipe become complete.
Result<std::string> ReadSql(const std::string& word, QueryOptions& options) {
  if (word == "-") return std::string(std::istreambuf_iterator<char>(std::cin), {});
  if (!word.starts_with('@')) return word;
  const Result<const Recipe*> recipe = RecipeOf(word);
  if (!recipe) return tl::unexpected(recipe.error());
  Result<std::vector<QueryParameter>> parameters = FillParameters(**recipe, options.parameters);
  if (!parameters) return tl::unexpected(parameters.error());
  options.parameters = std::move(*parameters);
  return std::string((*recipe)->sql);
}

int Run(const po::variables_map& arguments) {
  std::vector<std::string> words;
  if (arguments.count("sql") > 0) words = arguments["sql"].as<std::vector<std::string>>();
  if (arguments["list"].as<bool>()) return List(words);
  if (arguments.count("db") == 0) return ComplainUsage(kName, "no store is given with --db");
  if (words.empty()) return ComplainUsage(kName, "no SQL and no @RECIPE is given");
  if (words.size() > 1)
    return ComplainUsage(kName, "the SQL must be one argument: put it in quotes");
  Result<QueryOptions> options = ReadQueryOptions(arguments);
  if (!options) return ComplainUsage(kName, options.error().message);

  const Result<std::string> sql = ReadSql(words.front(), *options);
  if (!sql) return ComplainUsage(kName, sql.error().message);
  const InterruptFlag interrupt;
  options->interrupted = &interrupt.flag();
  const Status status = Query(arguments, *sql, *options);
  if (status) return kExitOk;
  Complain(status.error().message);
  return interrupt.flag() ? kExitInterrupted : kExitProblem;
}

}  // namespace

const Command kQueryCommand = {
    .name = kName,
    .summary = "run one SELECT, or a saved one, on a store",
    .synopsis = "kautopsy query --db FILE [OPTION...] SQL|@RECIPE",
    .details =
        "SQL may be - for standard input, or the name of a relation for all of its rows. Nothing\n"
        "but reading is possible. Ctrl-C ends the query (exit code 130), as --timeout does (1).\n"
        "NULL shows as NULL in tables, as an empty field in CSV (empty text is \"\"), as null in\n"
        "JSON. Text of logs may hold anything: tables and Markdown show control characters as\n"
        "\\x1b; in CSV an apostrophe stands before text that begins with = + - @, a tab or a\n"
        "carriage return, which spreadsheets would run as a formula; JSON has it as it is.\n"
        "What there is to ask: kautopsy schema, kautopsy query --list. For instance:\n"
        "  kautopsy query --db kernel.db @fragmentation --host web1\n"
        "  kautopsy query --db kernel.db 'SELECT time, comm, pid FROM oom_kill\n"
        "                                 JOIN event USING (event_id) ORDER BY time_us'\n"
        "  kautopsy query --db kernel.db --format csv task >task.csv\n",
    .options = Options,
    .positional = "sql",
    .run = Run,
};

}  // namespace kautopsy
