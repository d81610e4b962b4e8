#include <iostream>

#include "cli/command.h"
#include "cli/import_run.h"
#include "cli/messages.h"
#include "cli/report_arguments.h"
#include "cli/year_argument.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

po::options_description Options() {
  po::options_description options;
  options.add_options()("path", po::value<std::vector<std::string>>());
  AddReportOptions(options);
  AddYearOption(options);
  return options;
}

int Analyse(const ImportRequest& request, const ReportOptions& report_options) {
  Result<Database> database = Database::OpenTemporary();
  if (!database) {
    Complain(database.error().message);
    return kExitProblem;
  }
  ImportTotals totals = ImportAll(request, *database);
  const int exit_code = totals.problems > 0 ? kExitProblem : kExitOk;
  if (totals.stored == 0) return exit_code;  // stderr has said why
  Status status = ConcludeImport(request, *database, totals);
  if (status) status = PrintReport(*database, report_options, std::cout);
  if (status) return exit_code;
  Complain(status.error().message);
  return kExitProblem;
}

int Run(const po::variables_map& arguments) {
  if (arguments.count("path") == 0) return ComplainUsage("", "no path is given");
  const Result<ReportOptions> report_options = ReadReportOptions(arguments);
  if (!report_options) return ComplainUsage("", report_options.error().message);
  const Result<std::optional<int>> year = ReadYear(arguments);
  if (!year) return ComplainUsage("", year.error().message);
  ImportRequest request;
  request.paths = arguments["path"].as<std::vector<std::string>>();
  request.year = *year;
  return Analyse(request, *report_options);
}

}  // namespace

const Command kAnalyseCommand = {
    .name = "",
    .summary = "report on logs, leaving no store behind",
    .synopsis = "kautopsy [OPTION...] PATH...",
    .details =
        "Reads files, folders (walked), or - for standard input, and prints what they show.\n"
        "What gzip, bzip2, xz, zstd or lz4 packed is unpacked.\n"
        "For a file that is named like a command, write ./report.\n",
    .options = Options,
    .positional = "path",
    .run = Run,
};

}  // namespace kautopsy
