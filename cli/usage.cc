#include "cli/usage.h"

#include <fmt/core.h>

#include <ostream>

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr char kExitCodes[] =
    "Exit code: 0 all went well; 1 some input could not be read or stored, or the result not be\n"
    "printed (what was good is kept); 2 wrong usage, nothing was done.\n";

constexpr char kPager[] =
    "On a terminal what is longer than the screen goes through $KAUTOPSY_PAGER, $PAGER or "
    "less.\n\n";

void PrintOptions(const Command& command, std::ostream& out) {
  out << "\nOptions\n";
  const po::options_description options = command.options();
  for (const auto& option : options.options()) {
    const std::string& name = option->long_name();
    if (command.positional && name == command.positional) continue;
    const bool is_switch = option->semantic()->max_tokens() == 0;
    const std::string argument = is_switch ? "" : option->semantic()->name();
    out << fmt::format("  {:<28} {}\n", "--" + name + (argument.empty() ? "" : " " + argument),
                       option->description());
  }
  out << fmt::format("  {:<28} {}\n", "--help", "this page");
}

}  // namespace

void PrintHelp(std::span<const Command* const> commands, std::ostream& out) {
  out << "kautopsy tells from kernel logs why the kernel killed a process or failed an "
         "allocation.\n\n"
      << "Usage\n"
      << fmt::format("  {:<46} {}\n", kAnalyseCommand.synopsis, kAnalyseCommand.summary);
  for (const Command* command : commands) {
    out << fmt::format("  {:<46} {}\n", command->synopsis, command->summary);
  }
  out << fmt::format("  {:<46} {}\n", "kautopsy COMMAND --help", "the options of one command")
      << fmt::format("  {:<46} {}\n\n", "kautopsy --version", "the version")
      << kAnalyseCommand.details;
  PrintOptions(kAnalyseCommand, out);
  out << "\nFor instance\n"
         "  kautopsy /var/log/messages*\n"
         "  journalctl -k | kautopsy -\n"
         "  kautopsy ingest --db kernel.db /var/log && kautopsy report --db kernel.db\n\n"
      << kPager << kExitCodes;
}

void PrintCommandHelp(const Command& command, std::ostream& out) {
  out << command.synopsis << "\n  " << command.summary << "\n\n" << command.details;
  PrintOptions(command, out);
  out << '\n' << kExitCodes;
}

}  // namespace kautopsy
