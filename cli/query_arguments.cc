#include "cli/query_arguments.h"

#include <fmt/core.h>

#include <chrono>
#include <cmath>
#include <cstdlib>
#include <ostream>

#include "base/text.h"
#include "reports/incident_filter.h"
#include "reports/sql/functions.h"
#include "store/recipe.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr double kMsPerSecond = 1000;
constexpr double kLongestTimeoutS = 1e9;  // some thirty years

// Parameters that have an option of their own, and what recipes mean by them, as reports do.
struct CommonParameter {
  const char* name;
  const char* value;
  const char* meaning;
};
constexpr CommonParameter kCommonParameters[] = {
    {"host", "NAME", "only of this host; a pattern matches several: 'kvm*'"},
    {"since", "DATE", "only from this date on: 2026-11-20, 2026-11-20T09:14 (UTC)"},
    {"until", "DATE", "only up to this date, the whole of it"},
    {"limit", "N", "at most so many rows"},
};

Status AddParameter(QueryOptions& options, QueryParameter parameter) {
  for (const QueryParameter& other : options.parameters) {
    if (other.name == parameter.name)
      return Fail("parameter " + EscapeForTerminal(parameter.name) + " is given twice");
  }
  options.parameters.push_back(std::move(parameter));
  return {};
}

// SQLite writes [^a] for the shell's [!a].
std::string AsGlob(std::string pattern) {
  for (std::size_t at = 0; (at = pattern.find("[!", at)) != std::string::npos;) pattern[++at] = '^';
  return pattern;
}

Status ReadParameters(const po::variables_map& arguments, QueryOptions& options) {
  std::vector<std::string> given;
  if (arguments.count("param") > 0) given = arguments["param"].as<std::vector<std::string>>();
  for (const CommonParameter& common : kCommonParameters) {
    if (arguments.count(common.name) == 0) continue;
    const std::string& value = arguments[common.name].as<std::string>();
    const bool pattern = std::string_view(common.name) == "host";
    given.push_back(std::string(common.name) + "=" + (pattern ? AsGlob(value) : value));
  }
  for (const std::string& text : given) {
    Result<QueryParameter> parameter = ReadParameter(text);
    if (!parameter) return tl::unexpected(parameter.error());
    if (Status status = AddParameter(options, std::move(*parameter)); !status) return status;
  }
  return {};
}

}  // namespace

Result<std::chrono::milliseconds> ReadTimeout(const std::string& text) {
  char* end = nullptr;
  const double seconds = std::strtod(text.c_str(), &end);
  const bool number = !text.empty() && IsDigit(text.front()) && *end == '\0';
  if (!number || !(seconds > 0) || seconds > kLongestTimeoutS)
    return Fail("a time limit is a number of seconds above 0, as 10 or 0.5");
  return std::chrono::milliseconds(std::llround(std::ceil(seconds * kMsPerSecond)));
}

void AddOutputOptions(po::options_description& options) {
  auto add = options.add_options();
  add("format", po::value<std::string>()->default_value("table")->value_name("FORMAT"),
      "table, csv, json (one array), ndjson (one object per line), markdown");
  add("timeout", po::value<std::string>()->value_name("SECONDS"),
      "end a query that takes longer; else it may take as long as it likes");
  add("redact", po::bool_switch(),
      "replace names of hosts, guests and users, addresses and paths, as reports do");
}

Result<Database> OpenAsAsked(const po::variables_map& arguments) {
  Result<Database> database = OpenForQueries(arguments["db"].as<std::string>());
  if (!database || !arguments["redact"].as<bool>()) return database;
  if (Status redacted = database->Redact(); !redacted) return tl::unexpected(redacted.error());
  return database;
}

void AddParameterOptions(po::options_description& options) {
  auto add = options.add_options();
  add("param", po::value<std::vector<std::string>>()->value_name("NAME=VALUE"),
      "what :NAME stands for; may be given several times");
  for (const CommonParameter& common : kCommonParameters)
    add(common.name, po::value<std::string>()->value_name(common.value), common.meaning);
}

void PrintRecipeList(std::ostream& out) {
  for (const Recipe& recipe : Recipes())
    out << fmt::format("@{:<14} {}\n", recipe.name, recipe.title);
}

Result<QueryParameter> ReadParameter(const std::string& text) {
  const std::size_t sign = text.find('=');
  if (sign == std::string::npos || sign == 0)
    return Fail("a parameter is NAME=VALUE, not " + EscapeForTerminal(text));
  QueryParameter parameter{text.substr(0, sign), text.substr(sign + 1)};
  if (parameter.name != "since" && parameter.name != "until") return parameter;
  Result<std::string> moment = ParseMoment(*parameter.value);
  if (!moment) return Fail(parameter.name + ": " + EscapeForTerminal(moment.error().message));
  parameter.value = *std::move(moment);
  return parameter;
}

Result<QueryOptions> ReadOutputOptions(const po::variables_map& arguments) {
  QueryOptions options;
  const std::string& word = arguments["format"].as<std::string>();
  const std::optional<QueryFormat> format = ParseQueryFormat(word);
  if (!format) return Fail("unknown format " + word + ": it is " + std::string(kQueryFormats));
  options.format = *format;
  if (arguments.count("timeout") > 0) {
    const auto limit = ReadTimeout(arguments["timeout"].as<std::string>());
    if (!limit) return tl::unexpected(limit.error());
    options.time_limit = *limit;
  }
  return options;
}

Result<QueryOptions> ReadQueryOptions(const po::variables_map& arguments) {
  Result<QueryOptions> options = ReadOutputOptions(arguments);
  if (!options) return options;
  if (Status status = ReadParameters(arguments, *options); !status)
    return tl::unexpected(status.error());
  return options;
}

}  // namespace kautopsy
