#include <algorithm>
#include <iostream>

#include "cli/command.h"
#include "cli/messages.h"
#include "cli/pager.h"
#include "store/query.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kName = "schema";

po::options_description Options() {
  po::options_description options;
  auto add = options.add_options();
  add("relation", po::value<std::vector<std::string>>());
  add("db", po::value<std::string>()->value_name("FILE"),
      "a store, to see what it holds; else what this version makes");
  AddPagerOption(options);
  return options;
}

// What a wrong name is: the store was read.
struct Outcome {
  Status status;
  bool unknown_name = false;
};

Outcome Print(const po::variables_map& arguments, const std::optional<std::string>& relation) {
  Result<Database> database = arguments.count("db") > 0
                                  ? Database::OpenReadOnly(arguments["db"].as<std::string>())
                                  : Database::OpenTemporary();
  if (!database) return {tl::unexpected(database.error())};
  const Result<std::vector<std::string>> names = RelationNames(*database);
  if (!names) return {tl::unexpected(names.error())};
  const bool unknown = relation && std::ranges::find(*names, *relation) == names->end();
  const Pager pager(!unknown && WantsPager(arguments));
  return {PrintSchema(*database, relation, std::cout), unknown};
}

int Run(const po::variables_map& arguments) {
  std::optional<std::string> relation;
  if (arguments.count("relation") > 0) {
    const auto& names = arguments["relation"].as<std::vector<std::string>>();
    if (names.size() > 1) return ComplainUsage(kName, "only one relation can be given");
    relation = names.front();
  }
  const Outcome outcome = Print(arguments, relation);
  if (outcome.status) return kExitOk;
  const std::string& message = outcome.status.error().message;
  if (outcome.unknown_name) return ComplainUsage(kName, message);
  Complain(message);
  return kExitProblem;
}

}  // namespace

const Command kSchemaCommand = {
    .name = kName,
    .summary = "explain the relations that SQL can ask",
    .synopsis = "kautopsy schema [--db FILE] [RELATION]",
    .details = "Prints every relation, or one, with the meaning, unit and origin of each column.\n",
    .options = Options,
    .positional = "relation",
    .run = Run,
};

}  // namespace kautopsy
