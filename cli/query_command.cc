#include <iostream>
#include <iterator>

#include "cli/command.h"
#include "cli/messages.h"
#include "store/query.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kName = "query";

po::options_description Options() {
  po::options_description options;
  auto add = options.add_options();
  add("sql", po::value<std::vector<std::string>>());
  add("db", po::value<std::string>()->required()->value_name("FILE"), "the store");
  add("format", po::value<std::string>()->default_value("table")->value_name("FORMAT"),
      "table, csv, json (one array) or ndjson (one object per line)");
  return options;
}

Status Query(const std::string& store, std::string sql, QueryFormat format) {
  Result<Database> database = Database::OpenReadOnly(store);
  if (!database) return tl::unexpected(database.error());
  if (sql == "-") sql.assign(std::istreambuf_iterator<char>(std::cin), {});
  return RunQuery(*database, sql, format, std::cout);
}

int Run(const po::variables_map& arguments) {
  if (arguments.count("sql") == 0) return ComplainUsage(kName, "no SQL is given");
  const auto& sql = arguments["sql"].as<std::vector<std::string>>();
  if (sql.size() > 1) return ComplainUsage(kName, "the SQL must be one argument: put it in quotes");
  const std::string& word = arguments["format"].as<std::string>();
  const std::optional<QueryFormat> format = ParseQueryFormat(word);
  if (!format) {
    return ComplainUsage(kName, "unknown format " + word + ": it is table, csv, json or ndjson");
  }
  const Status status = Query(arguments["db"].as<std::string>(), sql.front(), *format);
  if (status) return kExitOk;
  Complain(status.error().message);
  return kExitProblem;
}

}  // namespace

const Command kQueryCommand = {
    .name = kName,
    .summary = "run one SELECT on a store",
    .synopsis = "kautopsy query --db FILE [OPTION...] SQL",
    .details =
        "SQL may be - for standard input. Nothing but reading is possible. NULL shows as NULL in\n"
        "a table, as an empty field in CSV (empty text is \"\"), as null in JSON.\n"
        "What there is to ask: kautopsy schema. For instance:\n"
        "  kautopsy query --db kernel.db 'SELECT time, comm, pid FROM oom_kill\n"
        "                                 JOIN event USING (event_id) ORDER BY time_us'\n",
    .options = Options,
    .positional = "sql",
    .run = Run,
};

}  // namespace kautopsy
