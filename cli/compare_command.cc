#include <algorithm>
#include <filesystem>
#include <iostream>
#include <optional>
#include <system_error>

#include "cli/command.h"
#include "cli/import_arguments.h"
#include "cli/import_run.h"
#include "cli/messages.h"
#include "cli/report_arguments.h"
#include "reports/compare/compare.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kName = "compare";

po::options_description Options() {
  po::options_description options;
  auto add = options.add_options();
  add("db", po::value<std::string>()->value_name("FILE"), "the store that A and B are in");
  add("format", po::value<std::string>()->default_value("text")->value_name("FORMAT"),
      "text or json");
  AddLookOptions(options);
  AddImportOptions(options);
  return options;
}

bool Exists(const std::string& path) {
  std::error_code ignored;
  return path == "-" || std::filesystem::exists(path, ignored);
}

// What is there under that name is a file, even if it looks like a number or a place.
SideName NameOnDisk(const std::string& text) {
  return Exists(text) ? FileSideName(text) : ParseSideName(text);
}

struct Sides {
  SideName before, after;
};

Status PrintSides(Database& first, Database& second, const Sides& names,
                  const ReportOptions& options, bool whole_files) {
  const auto find = [&](Database& database, const SideName& name) {
    return FindSide(database, name, whole_files && !name.line);
  };
  const Result<SidePick> before = find(first, names.before);
  if (!before) return tl::unexpected(before.error());
  const Result<SidePick> after = find(second, names.after);
  if (!after) return tl::unexpected(after.error());
  return PrintComparison({&first, *before}, {&second, *after}, options, std::cout);
}

int Finish(const Status& status, int exit_code) {
  if (status) return exit_code;
  Complain(status.error().message);
  return kExitProblem;
}

int CompareStored(const std::string& store, const Sides& names, const ReportOptions& options) {
  Result<Database> database = Database::OpenReadOnly(store);
  if (!database) return Finish(tl::unexpected(database.error()), kExitProblem);
  const Status printed = PrintSides(*database, *database, names, options, false);
  if (printed) return kExitOk;
  const std::string& message = printed.error().message;
  const bool named = message.starts_with(store + ": ");  // SQLite's errors name the store already
  return Finish(Fail(named ? message : store + ": " + message), kExitProblem);
}

// Reads `paths` into a store of their own; none if nothing could be read, which stderr has told.
std::optional<Database> Read(ImportRequest request, std::vector<std::string> paths,
                             int& exit_code) {
  request.paths = std::move(paths);
  Result<Database> database = Database::OpenTemporary();
  if (!database) {
    Complain(database.error().message);
    exit_code = kExitProblem;
    return std::nullopt;
  }
  ImportTotals totals = ImportAll(request, *database);
  if (totals.problems > 0 || totals.stored == 0) exit_code = kExitProblem;
  if (totals.stored == 0) return std::nullopt;
  const Status concluded = ConcludeImport(request, *database, totals);
  if (concluded) return std::move(*database);
  exit_code = Finish(concluded, kExitProblem);
  return std::nullopt;
}

// A and B are in what the paths hold.
int CompareInPaths(const ImportRequest& request, const std::vector<std::string>& paths,
                   const Sides& names, const ReportOptions& options) {
  int exit_code = kExitOk;
  std::optional<Database> database = Read(request, paths, exit_code);
  if (!database) return exit_code;
  return Finish(PrintSides(*database, *database, names, options, false), exit_code);
}

// A and B are files, or places in files. Each is read alone, as `kautopsy FILE` does, and a file
// that both name once.
int CompareFiles(const ImportRequest& request, const Sides& names, const ReportOptions& options) {
  int exit_code = kExitOk;
  std::optional<Database> first = Read(request, {names.before.file}, exit_code);
  if (!first) return exit_code;
  std::optional<Database> other;
  const bool same = names.before.file == names.after.file;
  if (!same) {
    other = Read(request, {names.after.file}, exit_code);
    if (!other) return exit_code;
  }
  return Finish(PrintSides(*first, same ? *first : *other, names, options, true), exit_code);
}

int CompareOnDisk(const po::variables_map& arguments, const ReportOptions& options) {
  ImportRequest request;
  if (Status read = ReadImportOptions(arguments, request); !read)
    return ComplainUsage(kName, read.error().message);
  const std::vector<std::string> paths(request.paths.begin() + 2, request.paths.end());
  if (!paths.empty()) {
    const Sides names{ParseSideName(request.paths[0]), ParseSideName(request.paths[1])};
    return CompareInPaths(request, paths, names, options);
  }
  const Sides names{NameOnDisk(request.paths[0]), NameOnDisk(request.paths[1])};
  for (const SideName* name : {&names.before, &names.after}) {
    if (!name->incident) continue;
    return ComplainUsage(kName, name->text +
                                    ": an incident's number needs the store that it is in (--db "
                                    "FILE), or behind A and B the logs to read");
  }
  return CompareFiles(request, names, options);
}

Result<ReportOptions> ReadOptions(const po::variables_map& arguments) {
  ReportOptions options;
  const std::string& format = arguments["format"].as<std::string>();
  if (format != "text" && format != "json")
    return Fail("unknown format " + format + ": it is text or json");
  options.format = format == "json" ? ReportFormat::kJson : ReportFormat::kText;
  if (Status look = ReadLook(arguments, options); !look) return tl::unexpected(look.error());
  return options;
}

int Run(const po::variables_map& arguments) {
  std::vector<std::string> names;
  if (arguments.count("path") > 0) names = arguments["path"].as<std::vector<std::string>>();
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 2); ++i) {
    if (names[i].empty()) return ComplainUsage(kName, "A and B must not be empty");
  }
  if (names.size() < 2) return ComplainUsage(kName, "two things are needed to compare: A and B");
  const Result<ReportOptions> options = ReadOptions(arguments);
  if (!options) return ComplainUsage(kName, options.error().message);
  if (arguments.count("db") == 0) return CompareOnDisk(arguments, *options);
  if (names.size() > 2)
    return ComplainUsage(kName, "with --db no other log is read: leave out --db, or " + names[2]);
  for (const char* const option : {"year", "tz", "jobs", "max-expand"}) {
    if (arguments.count(option) > 0)
      return ComplainUsage(kName, std::string("--") + option + " has no use with --db");
  }
  return CompareStored(arguments["db"].as<std::string>(),
                       {ParseSideName(names[0]), ParseSideName(names[1])}, *options);
}

}  // namespace

const Command kCompareCommand = {
    .name = kName,
    .summary = "tell what changed between two incidents or snapshots",
    .synopsis = "kautopsy compare [--db FILE] A B [PATH...]",
    .details =
        "A and B are each one of\n"
        "  3                the incident of that number, of --db or of the logs in PATH\n"
        "  messages:66:23   the record that stands there, FILE:LINE or FILE:LINE:COLUMN: a memory\n"
        "                   report, the output of cat /proc/buddyinfo or /proc/meminfo, a kill\n"
        "  messages         a file (folder, archive, - for standard input): its newest incident, "
        "or\n"
        "                   what somebody pasted into it\n"
        "Prints what changed from A to B: free memory zone by zone and order by order, where "
        "memory\n"
        "was, who grew and shrank, whether both are of one kind, and whether it is one machine.\n"
        "Two files are read each alone, as kautopsy FILE does; no store is left behind. Numbers\n"
        "are those of the overview: kautopsy report --db FILE, or kautopsy PATH.\n"
        "\n"
        "For instance\n"
        "  kautopsy compare --db kernel.db 3 7\n"
        "  kautopsy compare before.txt after.txt\n"
        "  kautopsy compare notes.txt:29:23 notes.txt:31:61\n"
        "  kautopsy compare 1 2 /var/log/messages*\n"
        "  ssh web1 cat /proc/buddyinfo | kautopsy compare yesterday.txt -\n",
    .options = Options,
    .positional = "path",
    .run = Run,
};

}  // namespace kautopsy
