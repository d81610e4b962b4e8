#pragma once

#include <sys/types.h>

#include <csignal>
#include <optional>
#include <string>
#include <string_view>

namespace kautopsy {

// A pager that reads what Write() is given. While it runs, SIGPIPE is ignored, and so is Ctrl-C
// where it would end this program, as that is the pager's to handle.
class PagerProcess {
 public:
  PagerProcess() = default;
  ~PagerProcess() { Wait(); }
  PagerProcess(const PagerProcess&) = delete;
  PagerProcess& operator=(const PagerProcess&) = delete;

  // False: it could not be started. `command` is a program with options, or, if it holds quotes or
  // other marks of the shell, one for the shell.
  bool Start(const std::string& command);
  // False: the pager does not read any more.
  bool Write(std::string_view text);
  // Tells the pager that this is all, and waits until it ends. False if the shell could not start
  // it after all.
  bool Wait();

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
  void (*on_pipe_)(int) = nullptr;
  struct sigaction on_interrupt_ = {};
};

// The pager that the environment names; none if it wants none.
std::optional<std::string> PagerCommand();

}  // namespace kautopsy
