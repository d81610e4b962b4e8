#include "cli/shell.h"

#include <fmt/core.h>

#include <iterator>
#include <ostream>
#include <sstream>
#include <utility>

#include "base/text.h"
#include "cli/interrupt.h"
#include "cli/messages.h"
#include "cli/query_arguments.h"
#include "reports/sql/function_list.h"
#include "store/recipe.h"

namespace kautopsy {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";

constexpr char kHelp[] =
    "SELECT ...;            ask; goes over several lines, to the semicolon, and several may stand\n"
    "                       on one; a relation's name alone (task;) means all of its rows\n"
    "@RECIPE NAME=VALUE...  ask a saved question\n"
    ".recipes [RECIPE]      the saved questions; the text of one\n"
    ".tables                the relations\n"
    ".schema [RELATION]     what they hold, column by column\n"
    ".functions             the functions that kautopsy adds to SQL\n"
    ".mode FORMAT           how answers are printed: table, csv, json, ndjson or markdown\n"
    ".timeout SECONDS|off   end queries that take longer\n"
    ".help                  this list\n"
    ".quit                  end; so does Ctrl-D. Ctrl-C ends the query, or forgets the line\n";

std::string Trim(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin));
}

// Without semicolons and blanks at its end.
std::string StatementOf(std::string text) {
  text = Trim(text);
  while (text.ends_with(';')) {
    text.pop_back();
    text = Trim(text);
  }
  return text;
}

std::vector<std::string> WordsOf(const std::string& line) {
  std::istringstream stream(line);
  return {std::istream_iterator<std::string>(stream), {}};
}

std::vector<std::string> Keywords() {
  return {"SELECT",   "FROM",  "WHERE",    "JOIN",     "LEFT", "USING", "GROUP BY", "HAVING",
          "ORDER BY", "LIMIT", "count(*)", "DISTINCT", "DESC", "NULL",  "coalesce("};
}

}  // namespace

Shell::Shell(Database& database, QueryOptions options, std::ostream& out)
    : database_(database), options_(std::move(options)), out_(out) {}

void Shell::Tell(const Status& status) {
  if (status) return;
  out_.flush();  // what was printed stands before the message
  Complain(status.error().message);
  failed_ = true;
}

void Shell::Take(const std::string& line) {
  if (line.find('\0') != std::string::npos) {
    pending_.clear();
    return Tell(Fail("a line holds a NUL byte; it is passed over, and what was begun before it"));
  }
  if (pending_.empty()) {
    const std::string text = Trim(line);
    if (text.empty() || text.starts_with("--")) return;
    if (text.starts_with('.')) return RunCommand(text);
    if (text.starts_with('@')) return RunRecipe(StatementOf(text));
  }
  SqlStatements statements = SplitSql(pending_ + line + "\n");
  pending_.clear();
  for (const std::string& sql : statements.complete) {
    if (!RunSql(sql)) return;  // Ctrl-C means the whole line
  }
  const std::string rest = Trim(statements.rest);
  const bool is_line = rest.starts_with('.') || rest.starts_with('@');
  if (is_line && !statements.complete.empty()) return Take(rest);
  pending_ = std::move(statements.rest);
}

void Shell::Finish() {
  if (!pending_.empty()) RunSql(std::exchange(pending_, {}));
}

bool Shell::RunSql(std::string sql) {
  sql = StatementOf(std::move(sql));
  return sql.empty() || Run(sql, options_);
}

bool Shell::Run(const std::string& sql, const QueryOptions& options) {
  const InterruptFlag interrupt;
  QueryOptions own = options;
  own.interrupted = &interrupt.flag();
  Tell(RunQuery(database_, sql, own, out_));
  out_.flush();
  return !interrupt.flag();
}

void Shell::RunRecipe(const std::string& line) {
  const std::vector<std::string> words = WordsOf(line);
  const Result<const Recipe*> recipe = FindRecipe(std::string_view(words.front()).substr(1));
  if (!recipe) return Tell(tl::unexpected(recipe.error()));
  std::vector<QueryParameter> given;
  for (std::size_t i = 1; i < words.size(); ++i) {
    Result<QueryParameter> parameter = ReadParameter(words[i]);
    if (!parameter) return Tell(tl::unexpected(parameter.error()));
    given.push_back(std::move(*parameter));
  }
  Result<std::vector<QueryParameter>> all = FillParameters(**recipe, given);
  if (!all) return Tell(tl::unexpected(all.error()));
  QueryOptions options = options_;
  options.parameters = std::move(*all);
  Run(std::string((*recipe)->sql), options);
}

void Shell::RunCommand(const std::string& line) {
  const std::vector<std::string> words = WordsOf(StatementOf(line));
  const std::string name = words.empty() ? "." : words[0];
  const std::string word = words.size() > 1 ? words[1] : "";
  if (name == ".quit" || name == ".exit") {
    quit_ = true;
  } else if (name == ".help") {
    out_ << kHelp;
  } else if (name == ".tables") {
    const auto names = RelationNames(database_);
    for (const std::string& relation : names.value_or(std::vector<std::string>()))
      out_ << relation << '\n';
  } else if (name == ".schema") {
    Tell(PrintSchema(database_, word.empty() ? std::nullopt : std::optional(word), out_));
  } else if (name == ".mode") {
    Tell(SetMode(word));
  } else if (name == ".timeout") {
    Tell(SetTimeout(word));
  } else if (name == ".recipes") {
    Tell(PrintRecipes(word));
  } else if (name == ".functions") {
    for (const SqlFunction& function : SqlFunctions()) out_ << function.signature << '\n';
  } else {
    Tell(Fail(fmt::format("there is no command {}; .help lists them", EscapeForTerminal(name))));
  }
  out_.flush();
}

Status Shell::SetMode(const std::string& word) {
  const std::optional<QueryFormat> format = ParseQueryFormat(word);
  if (!format) return Fail(fmt::format(".mode is {}", kQueryFormats));
  options_.format = *format;
  return {};
}

Status Shell::SetTimeout(const std::string& word) {
  options_.time_limit.reset();
  if (word == "off") return {};
  const Result<std::chrono::milliseconds> limit = ReadTimeout(word);
  if (!limit) return tl::unexpected(limit.error());
  options_.time_limit = *limit;
  return {};
}

Status Shell::PrintRecipes(const std::string& word) {
  if (word.empty()) {
    PrintRecipeList(out_);
    return {};
  }
  const std::string_view name = word;
  const Result<const Recipe*> recipe = FindRecipe(name.substr(name.starts_with('@') ? 1 : 0));
  if (!recipe) return tl::unexpected(recipe.error());
  out_ << (*recipe)->text;
  return {};
}

Result<ShellWords> Shell::Words() {
  ShellWords words;
  words.commands = {".exit",    ".functions", ".help",   ".mode",   ".quit",
                    ".recipes", ".schema",    ".tables", ".timeout"};
  words.formats = {"table", "csv", "json", "ndjson", "markdown"};
  for (const Recipe& recipe : Recipes()) words.recipes.push_back("@" + std::string(recipe.name));
  words.others = Keywords();
  for (const SqlFunction& function : SqlFunctions())
    words.others.push_back(std::string(function.name) + "(");
  Result<std::vector<std::string>> relations = RelationNames(database_);
  if (!relations) return tl::unexpected(relations.error());
  words.relations = std::move(*relations);
  Result<std::vector<std::string>> columns = ColumnNames(database_);
  if (!columns) return tl::unexpected(columns.error());
  words.columns = std::move(*columns);
  return words;
}

}  // namespace kautopsy
