#include <unistd.h>

#include <csignal>
#include <exception>
#include <iostream>
#include <string>
#include <system_error>
#include <vector>

#include "cli/command.h"
#include "cli/messages.h"
#include "cli/output.h"
#include "cli/usage.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

using Arguments = std::vector<std::string>;

constexpr const Command* kCommands[] = {&kIngestCommand, &kReportCommand, &kCompareCommand,
                                        &kQueryCommand,  &kShellCommand,  &kSchemaCommand,
                                        &kDmesgCommand,  &kExplainCommand};

const Command* FindCommand(const std::string& name) {
  for (const Command* command : kCommands) {
    if (command->name == name) return command;
  }
  return nullptr;
}

// "-1" is no option but a word, as in "explain order -1".
std::pair<std::string, std::string> NumberAsWord(const char* positional, const std::string& text) {
  const bool number = text.size() > 1 && text[0] == '-' &&
                      text.find_first_not_of("0123456789", 1) == std::string::npos;
  if (!positional || !number) return {};
  return {positional, text};
}

// Throws what program_options throws for arguments that `command` does not take.
int RunCommand(const Command& command, const Arguments& arguments) {
  po::options_description options = command.options();
  options.add_options()("help,h", "");
  po::positional_options_description positional;
  if (command.positional) positional.add(command.positional, -1);
  // Abbreviations would make every new option a change for scripts.
  const int style = po::command_line_style::default_style & ~po::command_line_style::allow_guessing;
  po::variables_map values;
  const auto numbers = [&](const std::string& text) {
    return NumberAsWord(command.positional, text);
  };
  po::store(po::command_line_parser(arguments)
                .options(options)
                .positional(positional)
                .style(style)
                .extra_parser(numbers)
                .run(),
            values);
  if (values.count("help") > 0) {
    if (command.name.empty())
      PrintHelp(kCommands, std::cout);
    else
      PrintCommandHelp(command, std::cout);
    return kExitOk;
  }
  po::notify(values);
  return command.run(values);
}

int PrintHelpFor(const Arguments& arguments) {
  if (arguments.size() < 2) {
    PrintHelp(kCommands, std::cout);
    return kExitOk;
  }
  const Command* command = FindCommand(arguments[1]);
  if (!command) return ComplainUsage("", "there is no command " + arguments[1]);
  PrintCommandHelp(*command, std::cout);
  return kExitOk;
}

int RunArguments(Arguments arguments) {
  if (arguments.empty()) return ComplainUsage("", "no path and no command is given");
  if (arguments[0] == "--version") {
    std::cout << "kautopsy " << KAUTOPSY_VERSION << '\n';
    return kExitOk;
  }
  if (arguments[0] == "--help" || arguments[0] == "-h") return PrintHelpFor(arguments);
  const Command* command = FindCommand(arguments[0]);
  if (command)
    arguments.erase(arguments.begin());
  else
    command = &kAnalyseCommand;
  try {
    return RunCommand(*command, arguments);
  } catch (const po::error& error) {
    return ComplainUsage(command->name, error.what());
  }
}

// The exit code of `code`, unless what was printed did not get out.
int FinishOutput(const DescriptorBuffer& buffer, int code) {
  std::cout.flush();
  if (buffer.error_number() == 0) return code;
  Complain("standard output: " + std::generic_category().message(buffer.error_number()));
  return kExitProblem;
}

int Main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_DFL);  // `kautopsy ... | head` ends quietly, whatever the parent ignores
  std::ios::sync_with_stdio(false);
  DescriptorBuffer buffer(STDOUT_FILENO);
  std::streambuf* const standard = std::cout.rdbuf(&buffer);
  int code = kExitProblem;
  try {
    code = RunArguments(Arguments(argv + 1, argv + argc));
  } catch (const std::exception& error) {
    Complain(std::string("stopped by an error of the program or the machine: ") + error.what());
  }
  code = FinishOutput(buffer, code);
  std::cout.rdbuf(standard);
  return code;
}

}  // namespace
}  // namespace kautopsy

int main(int argc, char** argv) { return kautopsy::Main(argc, argv); }
