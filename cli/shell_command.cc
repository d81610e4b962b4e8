#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include "cli/command.h"
#include "cli/interrupt.h"
#include "cli/line_editor.h"
#include "cli/messages.h"
#include "cli/query_arguments.h"
#include "cli/shell.h"
#include "cli/terminal.h"

namespace kautopsy {
namespace {

namespace fs = std::filesystem;
namespace po = boost::program_options;

constexpr std::string_view kName = "shell";

po::options_description Options() {
  po::options_description options;
  auto add = options.add_options();
  add("db", po::value<std::string>()->required()->value_name("FILE"), "the store");
  AddOutputOptions(options);
  return options;
}

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

// Where the XDG Base Directory Specification wants "actions history" of programs. Empty if there is
// no place to keep it: then there is none.
std::string HistoryFile() {
  fs::path folder = Environment("XDG_STATE_HOME");
  if (!folder.is_absolute()) {  // the specification: relative ones are to be ignored
    const std::string home = Environment("HOME");
    if (home.empty()) return "";
    folder = fs::path(home) / ".local" / "state";
  }
  folder /= "kautopsy";
  std::error_code error;
  if (fs::create_directories(folder, error)) ::chmod(folder.c_str(), S_IRWXU);
  return error ? "" : (folder / "history").string();
}

void RunInteractive(Shell& shell) {
  const InterruptShield shield;
  const Result<ShellWords> words = shell.Words();
  LineEditor editor(HistoryFile(), [&words](std::string_view before) {
    return words ? Complete(*words, before) : Completions();
  });
  std::cout << "Ask in SQL, end with ; or type .help\n" << std::flush;
  std::string line;
  while (!shell.quit()) {
    switch (editor.Read(shell.waits() ? "     ...> " : "kautopsy> ", line)) {
      case LineEditor::Outcome::kLine:
        shell.Take(line);
        break;
      case LineEditor::Outcome::kCancelled:
        shell.Cancel();
        break;
      case LineEditor::Outcome::kEnd:
        std::cout << '\n';
        return;
    }
  }
}

// As any program in a pipe: no prompt, and the exit code tells whether all went well.
int RunScript(Shell& shell) {
  for (std::string line; !shell.quit() && std::getline(std::cin, line);) shell.Take(line);
  if (!shell.quit()) shell.Finish();
  return shell.failed() ? kExitProblem : kExitOk;
}

int Run(const po::variables_map& arguments) {
  const Result<QueryOptions> options = ReadOutputOptions(arguments);
  if (!options) return ComplainUsage(kName, options.error().message);
  Result<Database> database = OpenAsAsked(arguments);
  if (!database) {
    Complain(database.error().message);
    return kExitProblem;
  }
  Shell shell(*database, *options, std::cout);
  if (!IsTerminal(STDIN_FILENO) || !IsTerminal(STDOUT_FILENO)) return RunScript(shell);
  RunInteractive(shell);
  return kExitOk;
}

}  // namespace

const Command kShellCommand = {
    .name = kName,
    .summary = "ask a store one question after the other",
    .synopsis = "kautopsy shell --db FILE",
    .details =
        "A prompt for SQL, saved questions (@killed host=web1) and commands (.help), with history\n"
        "and, on the Tab key, completion of relations, columns, recipes and functions. Nothing "
        "but\n"
        "reading is possible. Reads a script if it is in a pipe; the exit code is 1 if any of it\n"
        "failed. The history is kept in $XDG_STATE_HOME/kautopsy/history\n"
        "(~/.local/state/kautopsy/history).\n",
    .options = Options,
    .positional = nullptr,
    .run = Run,
};

}  // namespace kautopsy
