#pragma once

#include <boost/program_options.hpp>
#include <string_view>

namespace kautopsy {

// Exit codes are part of the interface: scripts rely on them.
enum ExitCode : int {
  kExitOk = 0,
  kExitProblem = 1,        // some input could not be read or stored; what was good is kept
  kExitUsage = 2,          // wrong usage: nothing was done
  kExitInterrupted = 130,  // ended by Ctrl-C: 128 + SIGINT, as shells say it
};

// One subcommand of kautopsy. `run` prints its result to stdout and problems to stderr
// ("kautopsy: where: what; what to do") and returns an ExitCode.
struct Command {
  std::string_view name;
  std::string_view summary;   // one line for --help
  std::string_view synopsis;  // "kautopsy query --db FILE SQL"
  std::string_view details;   // what --help of the command adds: behaviour, examples
  // Visible options; positional arguments go to the hidden option `positional` (may be nullptr),
  // which must be part of `options` under that name as std::vector<std::string>.
  boost::program_options::options_description (*options)();
  const char* positional;
  int (*run)(const boost::program_options::variables_map& arguments);
};

extern const Command kAnalyseCommand;  // kautopsy PATH...
extern const Command kCompareCommand;
extern const Command kDmesgCommand;
extern const Command kExplainCommand;
extern const Command kIngestCommand;
extern const Command kReportCommand;
extern const Command kQueryCommand;
extern const Command kSchemaCommand;
extern const Command kShellCommand;

}  // namespace kautopsy
