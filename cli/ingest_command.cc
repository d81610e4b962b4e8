#include <unistd.h>

#include <iostream>
#include <limits>

#include "cli/command.h"
#include "cli/describe_ingest.h"
#include "cli/import_arguments.h"
#include "cli/import_run.h"
#include "cli/messages.h"
#include "cli/terminal.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kName = "ingest";
constexpr int64_t kNoEvents = std::numeric_limits<int64_t>::max();

po::options_description Options() {
  po::options_description options;
  auto add = options.add_options();
  add("db", po::value<std::string>()->required()->value_name("FILE"),
      "the store; made if it is missing");
  add("sha256", po::bool_switch(),
      "also compute the SHA-256 of each log, unpacked, for source.sha256");
  add("quiet", po::bool_switch(), "no progress and no summary, only problems");
  AddImportOptions(options);
  return options;
}

Status Ingest(ImportRequest& request, bool quiet, ImportTotals& totals) {
  Result<Database> database = Database::OpenForIngest(request.store);
  if (!database) return tl::unexpected(database.error());
  const Result<StoreContents> before = ReadContents(*database, kNoEvents);
  if (!before) return tl::unexpected(before.error());
  request.last_event_id = before->last_event_id;
  totals = ImportAll(request, *database);
  if (Status status = ConcludeImport(request, *database, totals); !status) return status;
  const Result<StoreContents> after = ReadContents(*database, before->last_event_id);
  if (!after) return tl::unexpected(after.error());
  if (quiet) return {};
  std::cerr << DescribeIngest(totals, *before, *after, request.store);
  if (!IsTerminal(STDERR_FILENO)) Complain(DescribeIngestForScripts(totals, *after));
  return {};
}

int Run(const po::variables_map& arguments) {
  ImportRequest request;
  if (Status read = ReadImportOptions(arguments, request); !read)
    return ComplainUsage(kName, read.error().message);
  const bool quiet = arguments["quiet"].as<bool>();
  request.store = arguments["db"].as<std::string>();
  request.progress = !quiet;
  request.sha256 = arguments["sha256"].as<bool>();
  ImportTotals totals;
  if (Status status = Ingest(request, quiet, totals); !status) {
    Complain(status.error().message);
    return kExitProblem;
  }
  return totals.problems > 0 ? kExitProblem : kExitOk;
}

}  // namespace

const Command kIngestCommand = {
    .name = kName,
    .summary = "read logs into a store",
    .synopsis = "kautopsy ingest --db FILE [OPTION...] PATH...",
    .details =
        "Reads files, folders (walked), patterns, or - for standard input, and unpacks archives "
        "(tar,\n"
        "cpio, zip) and what gzip, bzip2, xz, lzma, zstd or lz4 packed, also inside each other.\n"
        "Each log is stored whole or not at all; content that is in the store already changes\n"
        "nothing, so repeat it at will.\n"
        "Needs at most 64 MB of memory, and 32 MB for each further job. Where a packed file makes\n"
        "its reader keep more (`xz -9`: 64 MiB, `zstd --long`: up to 128 MiB), that is added, for\n"
        "one file at a time.\n",
    .options = Options,
    .positional = "path",
    .run = Run,
};

}  // namespace kautopsy
