#include "parsers/input/isolated_source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kautopsy {
namespace {

constexpr std::size_t kBlock = 64 << 10;  // [bytes] what a pipe holds (pipe(7))
// A healthy source gives its next block within a second; a disk that fails retries for half a
// minute.
constexpr int kMaxSilenceMs = 60 * 1000;

// What the process sends: frames, each with a head and its bytes.
enum class FrameKind : uint32_t { kOpened, kData, kError, kEnd };
struct FrameHead {
  FrameKind kind;
  uint32_t size;
};

// False if nobody reads any more.
bool WriteAll(int pipe, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t count = ::write(pipe, bytes, size);
    if (count < 0 && errno != EINTR) return false;
    const std::size_t written = count < 0 ? 0 : static_cast<std::size_t>(count);
    bytes += written;
    size -= written;
  }
  return true;
}

bool Send(int pipe, FrameKind kind, std::string_view bytes) {
  const FrameHead head = {kind, static_cast<uint32_t>(bytes.size())};
  return WriteAll(pipe, &head, sizeof head) && WriteAll(pipe, bytes.data(), bytes.size());
}

void SendSource(int pipe, const std::function<Result<std::unique_ptr<ByteSource>>()>& open) {
  const Result<std::unique_ptr<ByteSource>> source = open();
  if (!source) {
    Send(pipe, FrameKind::kError, source.error().message);
    return;
  }
  std::vector<char> block(kBlock);
  bool heard = Send(pipe, FrameKind::kOpened, {});
  while (heard) {
    const Result<std::size_t> read = (*source)->Read(block);
    if (!read) {
      Send(pipe, FrameKind::kError, read.error().message);
      return;
    }
    if (*read == 0) break;
    heard = Send(pipe, FrameKind::kData, {block.data(), *read});
  }
  Send(pipe, FrameKind::kEnd, {});
}

// The process's whole life. A crash in it leaves no core, and the words of a failed assertion are
// not for the user.
[[noreturn]] void Run(int pipe, const std::function<Result<std::unique_ptr<ByteSource>>()>& open) {
  const rlimit no_core = {};
  ::setrlimit(RLIMIT_CORE, &no_core);
  for (const int fatal : {SIGSEGV, SIGBUS, SIGABRT, SIGPIPE}) ::signal(fatal, SIG_DFL);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null >= 0) {
    ::dup2(null, STDOUT_FILENO);
    ::dup2(null, STDERR_FILENO);
  }
  try {
    SendSource(pipe, open);
  } catch (const std::exception& failure) {
    Send(pipe, FrameKind::kError, failure.what());
  }
  ::_exit(0);  // what this process registered to run at its end is the parent's
}

class IsolatedSource final : public ByteSource {
 public:
  IsolatedSource(pid_t process, int pipe) : process_(process), pipe_(pipe) {}
  IsolatedSource(const IsolatedSource&) = delete;
  IsolatedSource& operator=(const IsolatedSource&) = delete;
  ~IsolatedSource() override {
    ::close(pipe_);
    Reap();
  }

  // Waits for the process's word that it has opened the source.
  Status AwaitOpened() {
    NextFrame();
    return error_ ? tl::unexpected(*error_) : Status();
  }

  Result<std::size_t> Read(std::span<char> block) override {
    while (left_ == 0 && !ended_ && !error_) NextFrame();
    if (error_) return tl::unexpected(*error_);
    if (left_ == 0) return 0;
    const std::size_t count = ReadSome({block.data(), std::min(block.size(), left_)});
    left_ -= count;
    if (error_) return tl::unexpected(*error_);
    return count;
  }

 private:
  void NextFrame() {
    FrameHead head = {};
    if (!ReadAll({reinterpret_cast<char*>(&head), sizeof head})) return;
    ended_ = head.kind == FrameKind::kEnd;
    if (head.kind == FrameKind::kData) left_ = head.size;
    if (head.kind != FrameKind::kError) return;
    std::string message(head.size, '\0');
    if (ReadAll(message)) error_ = Error{std::move(message)};
  }

  bool ReadAll(std::span<char> block) {
    while (!block.empty() && !error_) block = block.subspan(ReadSome(block));
    return !error_;
  }

  // At least one byte, or an error in `error_`.
  std::size_t ReadSome(std::span<char> block) {
    while (!error_) {
      pollfd ready = {.fd = pipe_, .events = POLLIN, .revents = 0};
      const int count = ::poll(&ready, 1, kMaxSilenceMs);
      if (count == 0) {
        error_ = Error{
            fmt::format("reading it gave nothing for {} s and was stopped", kMaxSilenceMs / 1000)};
        break;
      }
      const ssize_t read = count > 0 ? ::read(pipe_, block.data(), block.size()) : -1;
      if (read > 0) return static_cast<std::size_t>(read);
      if (read < 0 && errno == EINTR) continue;
      error_ = Error{DescribeEnd(Reap())};
    }
    return 0;
  }

  static std::string DescribeEnd(int status) {
    if (!WIFSIGNALED(status)) return "the process that read it ended early";
    return fmt::format("the library that reads it crashed (signal {}): the file is damaged",
                       WTERMSIG(status));
  }

  // Ends the process and returns how it ended. One that has closed its end of the pipe is ending
  // already, by the signal that is told.
  int Reap() {
    int status = 0;
    if (process_ <= 0) return status;
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) continue;
    process_ = 0;
    return status;
  }

  pid_t process_;
  int pipe_;
  std::size_t left_ = 0;  // [bytes] of the frame
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace

Result<std::unique_ptr<ByteSource>> OpenIsolated(
    const std::function<Result<std::unique_ptr<ByteSource>>()>& open) {
  std::array<int, 2> pipe = {};
  if (::pipe2(pipe.data(), O_CLOEXEC) != 0)
    return Fail(fmt::format("no pipe could be made: {}", std::strerror(errno)));
  const pid_t process = ::fork();
  if (process == 0) {
    ::close(pipe[0]);
    Run(pipe[1], open);
  }
  const int error = errno;
  ::close(pipe[1]);
  if (process < 0) {
    ::close(pipe[0]);
    return Fail(fmt::format("no process could be started: {}", std::strerror(error)));
  }
  auto source = std::make_unique<IsolatedSource>(process, pipe[0]);
  if (Status opened = source->AwaitOpened(); !opened) return tl::unexpected(opened.error());
  return source;
}

}  // namespace kautopsy
