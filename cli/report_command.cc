#include <iostream>

#include "cli/command.h"
#include "cli/messages.h"
#include "cli/pager.h"
#include "cli/report_arguments.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kName = "report";

po::options_description Options() {
  po::options_description options;
  options.add_options()("db", po::value<std::string>()->required()->value_name("FILE"),
                        "the store");
  AddReportOptions(options);
  AddPagerOption(options);
  return options;
}

Status Report(const std::string& store, const ReportOptions& options, bool wants_pager) {
  Result<Database> database = Database::OpenReadOnly(store);
  if (!database) return tl::unexpected(database.error());
  const Pager pager(wants_pager);
  return PrintReport(*database, options, std::cout);
}

int Run(const po::variables_map& arguments) {
  const Result<ReportOptions> options = ReadReportOptions(arguments);
  if (!options) return ComplainUsage(kName, options.error().message);
  const Status status = Report(arguments["db"].as<std::string>(), *options, WantsPager(arguments));
  if (status) return kExitOk;
  Complain(status.error().message);
  return kExitProblem;
}

}  // namespace

const Command kReportCommand = {
    .name = kName,
    .summary = "tell why: what died or failed, the cause, what to do",
    .synopsis = "kautopsy report --db FILE [OPTION...]",
    .details =
        "Reports on the one incident of the store, or gives an overview if there are several.\n",
    .options = Options,
    .positional = nullptr,
    .run = Run,
};

}  // namespace kautopsy
