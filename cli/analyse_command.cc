#include <iostream>

#include "cli/command.h"
#include "cli/import_arguments.h"
#include "cli/import_run.h"
#include "cli/messages.h"
#include "cli/pager.h"
#include "cli/report_arguments.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

po::options_description Options() {
  po::options_description options;
  AddReportOptions(options);
  AddPagerOption(options);
  AddImportOptions(options);
  return options;
}

Status Report(Database& database, const ReportOptions& options, bool wants_pager) {
  const Pager pager(wants_pager);
  return PrintReport(database, options, std::cout);
}

int Analyse(const ImportRequest& request, const ReportOptions& report_options, bool wants_pager) {
  Result<Database> database = Database::OpenTemporary();
  if (!database) {
    Complain(database.error().message);
    return kExitProblem;
  }
  ImportTotals totals = ImportAll(request, *database);
  const int exit_code = totals.problems > 0 ? kExitProblem : kExitOk;
  if (totals.stored == 0) return exit_code;  // stderr has said why
  Status status = ConcludeImport(request, *database, totals);
  if (status) status = Report(*database, report_options, wants_pager);
  if (status) return exit_code;
  Complain(status.error().message);
  return kExitProblem;
}

int Run(const po::variables_map& arguments) {
  ImportRequest request;
  if (Status read = ReadImportOptions(arguments, request); !read)
    return ComplainUsage("", read.error().message);
  Result<ReportOptions> report_options = ReadReportOptions(arguments);
  if (!report_options) return ComplainUsage("", report_options.error().message);
  report_options->of_paths = true;
  return Analyse(request, *report_options, WantsPager(arguments));
}

}  // namespace

const Command kAnalyseCommand = {
    .name = "",
    .summary = "report on logs, leaving no store behind",
    .synopsis = "kautopsy [OPTION...] PATH...",
    .details =
        "Reads files, folders (walked), patterns, or - for standard input, and prints what they\n"
        "show. Archives (tar, cpio, zip) and what gzip, bzip2, xz, lzma, zstd or lz4 packed are\n"
        "unpacked, also inside each other.\n"
        "For a file that is named like a command, write ./report.\n",
    .options = Options,
    .positional = "path",
    .run = Run,
};

}  // namespace kautopsy
