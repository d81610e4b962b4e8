#include "parsers/input/child_process.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "parsers/input/temporary_file.h"

namespace kautopsy {
namespace {

constexpr std::size_t kLongestComplaint = 4096;
constexpr auto kReapEvery = std::chrono::milliseconds(5);

// The descriptors 0 to 2 are the child's standard streams; none of ours may have their numbers.
FileDescriptor AboveStandardStreams(int descriptor) {
  FileDescriptor low(descriptor);
  if (descriptor > STDERR_FILENO || !low.valid()) return low;
  return FileDescriptor(::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

struct Streams {
  int input;
  int output;
  int errors;
};

// 0, or why the program could not be started.
int Spawn(const std::vector<std::string>& command, const Streams& streams, pid_t& pid) {
  std::vector<char*> arguments;
  arguments.reserve(command.size() + 1);
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, streams.input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, streams.output, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, streams.errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);  // ends it when we stop reading
  posix_spawnattr_setsigdefault(&attributes, &signals);
  const int error =
      ::posix_spawn(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

}  // namespace

Result<std::unique_ptr<ChildProcess>> ChildProcess::Start(const Program& program, int input) {
  std::unique_ptr<ChildProcess> child(new ChildProcess());
  child->patience_ = program.patience;
  child->failure_ = program.failure;
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC) != 0)
    return Fail(fmt::format("no pipe to {}: {}", program.command[0], std::strerror(errno)));
  child->output_ = AboveStandardStreams(ends[0]);
  const FileDescriptor output = AboveStandardStreams(ends[1]);
  child->errors_ = AboveStandardStreams(::memfd_create("errors", MFD_CLOEXEC));
  const int error =
      Spawn(program.command, {input, output.get(), child->errors_.get()}, child->pid_);
  if (error == 0) return child;
  child->pid_ = -1;
  return Fail(fmt::format("{} cannot be started: {}", program.command[0], std::strerror(error)));
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) Kill();
}

Result<std::size_t> ChildProcess::Read(std::span<char> block) {
  while (output_.valid()) {
    if (Status status = Await(); !status) return tl::unexpected(status.error());
    const ssize_t count = ::read(output_.get(), block.data(), block.size());
    if (count > 0) return static_cast<std::size_t>(count);
    if (count == 0) output_.Close();
    if (count < 0 && errno != EINTR)
      return Fail(fmt::format("cannot be read further: {}", std::strerror(errno)));
  }
  if (Status status = Finish(); !status) return tl::unexpected(status.error());
  return 0;
}

Status ChildProcess::Await() {
  pollfd ready = {.fd = output_.get(), .events = POLLIN, .revents = 0};
  int count = 0;
  do {
    count = ::poll(&ready, 1, static_cast<int>(patience_.count()));
  } while (count < 0 && errno == EINTR);
  if (count != 0) return {};
  Kill();
  output_.Close();
  return Fail(
      fmt::format("{}: reading it gave nothing for {} s", failure_, patience_.count() / 1000));
}

Status ChildProcess::Finish() {
  // It has closed its output, so that it is about to end.
  const auto deadline = std::chrono::steady_clock::now() + patience_;
  while (!Reap()) {
    if (std::chrono::steady_clock::now() > deadline) Kill();
    std::this_thread::sleep_for(kReapEvery);
  }
  if (WIFSIGNALED(wait_status_))
    return Fail(fmt::format("{}: reading it ended by signal {} ({})", failure_,
                            WTERMSIG(wait_status_), strsignal(WTERMSIG(wait_status_))));
  if (WEXITSTATUS(wait_status_) == 0) return {};
  const std::string complaint = Complaint();
  if (!complaint.empty()) return Fail(complaint);
  return Fail(
      fmt::format("{}: reading it ended with exit code {}", failure_, WEXITSTATUS(wait_status_)));
}

bool ChildProcess::Reap() {
  if (pid_ > 0 && ::waitpid(pid_, &wait_status_, WNOHANG) != 0) pid_ = -1;
  return pid_ < 0;
}

void ChildProcess::Kill() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, &wait_status_, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

std::string ChildProcess::Complaint() const {
  std::string text(kLongestComplaint, '\0');
  const Result<std::size_t> read = ReadAt(errors_.get(), text, 0);
  text.resize(read ? *read : 0);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace kautopsy
