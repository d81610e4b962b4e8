#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

#include "cli/command.h"
#include "cli/dump_reader.h"
#include "cli/messages.h"
#include "parsers/input/byte_source.h"
#include "parsers/input/crash_dump.h"
#include "parsers/input/dump_process.h"
#include "parsers/input/temporary_file.h"

namespace kautopsy {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kName = "dmesg";
constexpr char kStandardInput[] = "-";
constexpr std::size_t kCopyBytes = 1 << 16;

po::options_description Options() {
  po::options_description options;
  auto add = options.add_options();
  add("file", po::value<std::vector<std::string>>());
  add("facts", po::bool_switch(), "print kernel, host, time of the crash above the log");
  add("callers", po::bool_switch(), "print who wrote a line: task [T12] or CPU [C1]");
  add("in-process", po::bool_switch(), "read it in this process, which damage may crash");
  return options;
}

// Prints a dump's log as it comes, for the process that has started this one.
class Printer final : public DumpLogSink {
 public:
  void OnFacts(const CrashDumpFacts& facts) override {
    std::cout << FormatDumpFacts(facts) << std::flush;
  }
  void OnLine(std::string_view line) override { std::cout << line; }
  void OnProgress() override { std::cout << kDumpProgressLine << std::flush; }
};

// Errors do not name the path.
Result<FileDescriptor> Open(const std::string& path) {
  const bool standard = path == kStandardInput;
  FileDescriptor file(standard ? ::fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
                               : ::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status = {};
  if (!file.valid() || ::fstat(file.get(), &status) != 0)
    return Fail(std::string("cannot be opened: ") + std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return Fail("is a directory; name a crash dump in it");
  return file;
}

int RunInProcess(const std::string& path, bool callers) {
  ::prctl(PR_SET_DUMPABLE, 0);  // a crash below is foreseen, and leaves no core
  Printer printer;
  const Result<FileDescriptor> file = Open(path);
  const Status status =
      file ? PrintDumpLog(file->get(), callers, printer) : Status(tl::unexpected(file.error()));
  ::prctl(PR_SET_DUMPABLE, 1);  // LeakSanitizer needs it at the end
  std::cout << std::flush;
  if (status) return kExitOk;
  std::cerr << status.error().message << '\n';
  return kExitProblem;
}

Status CopyToOutput(ByteSource& source) {
  std::vector<char> block(kCopyBytes);
  while (true) {
    const Result<std::size_t> read = source.Read(block);
    if (!read) return tl::unexpected(read.error());
    if (*read == 0) return {};
    std::cout.write(block.data(), static_cast<std::streamsize>(*read)).flush();
  }
}

// The log may stand in a part of the dump: why the rest is missing is told behind it.
Status PrintLog(const std::string& path, bool facts, bool callers) {
  Result<FileDescriptor> file = Open(path);
  if (!file) return tl::unexpected(file.error());
  const Result<WholeFile> whole = MakeSeekable(std::move(*file));
  if (!whole) return tl::unexpected(whole.error());
  Result<CrashDump> dump = OpenCrashDump(whole->file.get(), DumpReader(callers));
  if (whole->error) Complain(path + ": " + whole->error->message);
  if (!dump) return tl::unexpected(dump.error());
  if (facts) std::cout << FormatDumpFacts(dump->facts);
  Status status = CopyToOutput(*dump->log);
  if (status && whole->error) return Fail("the log may lack what follows");
  return status;
}

int Run(const po::variables_map& arguments) {
  if (arguments.count("file") == 0) return ComplainUsage(kName, "no crash dump is given");
  const auto& paths = arguments["file"].as<std::vector<std::string>>();
  if (paths.size() > 1) return ComplainUsage(kName, "only one crash dump can be given");
  const bool callers = arguments["callers"].as<bool>();
  if (arguments["in-process"].as<bool>()) return RunInProcess(paths.front(), callers);
  const Status status = PrintLog(paths.front(), arguments["facts"].as<bool>(), callers);
  if (status) return kExitOk;
  Complain(paths.front() + ": " + status.error().message);
  return kExitProblem;
}

}  // namespace

ChildProcess::Program DumpReader(bool callers) {
  ChildProcess::Program program;
  program.command = {"/proc/self/exe", std::string(kName), "--in-process", kStandardInput};
  if (callers) program.command.emplace_back("--callers");
  return program;
}

const Command kDmesgCommand = {
    .name = kName,
    .summary = "print the kernel log of a crash dump",
    .synopsis = "kautopsy dmesg [OPTION...] FILE",
    .details =
        "Reads the log that was in the memory of a crashed kernel, as vmcore-dmesg does: out of "
        "an\n"
        "ELF core (/proc/vmcore, QEMU), kdump's compressed format, or makedumpfile's flattened\n"
        "format. No kernel with debugging symbols is needed. - is standard input; what is packed\n"
        "is unpacked into $TMPDIR or /var/tmp.\n\n"
        "  kautopsy dmesg --facts /var/crash/127.0.0.1-2024-05-02/vmcore\n"
        "  kautopsy dmesg /var/crash/202405021012/dump.202405021012 | kautopsy -\n",
    .options = Options,
    .positional = "file",
    .run = Run,
};

}  // namespace kautopsy
