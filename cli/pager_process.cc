#include "cli/pager_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace kautopsy {
namespace {

// What a shell says when it cannot run a command: POSIX, "Exit Status for Commands".
constexpr int kCannotRun = 126;
constexpr int kNotFound = 127;

std::vector<std::string> Words(const std::string& command) {
  // As in git's run-command.c, prepare_shell_cmd(), but for blanks, which are no reason for a
  // shell.
  if (command.find_first_of("|&;<>()$`\\\"'\n*?[#~=%") != std::string::npos)
    return {"/bin/sh", "-c", command};
  std::istringstream stream(command);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

// Ours, and what git sets for pagers that are not told otherwise: PAGER_ENV in its Makefile.
std::vector<std::string> Variables() {
  std::vector<std::string> variables;
  for (char** variable = environ; *variable; ++variable) variables.emplace_back(*variable);
  if (!std::getenv("LESS")) variables.emplace_back("LESS=FRX");
  if (!std::getenv("LV")) variables.emplace_back("LV=-c");
  return variables;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// The new process, or -1; `input` becomes its standard input.
pid_t Spawn(const std::string& command, int input) {
  std::vector<std::string> words = Words(command);
  if (words.empty()) return -1;
  std::vector<std::string> variables = Variables();
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;  // what is ignored here must not be there
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGPIPE);
  ::sigaddset(&defaults, SIGINT);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = ::posix_spawnp(&pid, words.front().c_str(), &actions, &attributes,
                                   Pointers(words).data(), Pointers(variables).data());
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : -1;
}

}  // namespace

bool PagerProcess::Start(const std::string& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  pid_ = Spawn(command, ends[0]);
  ::close(ends[0]);
  if (pid_ < 0) {
    ::close(ends[1]);
    return false;
  }
  pipe_ = ends[1];
  on_pipe_ = std::signal(SIGPIPE, SIG_IGN);
  ::sigaction(SIGINT, nullptr, &on_interrupt_);
  if (on_interrupt_.sa_handler == SIG_DFL) std::signal(SIGINT, SIG_IGN);
  return true;
}

bool PagerProcess::Write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(pipe_, text.data(), text.size());
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) return false;
  }
  return true;
}

bool PagerProcess::Wait() {
  if (pid_ < 0) return true;
  ::close(pipe_);
  std::signal(SIGINT, SIG_IGN);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  std::signal(SIGPIPE, on_pipe_);
  ::sigaction(SIGINT, &on_interrupt_, nullptr);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  return code != kCannotRun && code != kNotFound;
}

std::optional<std::string> PagerCommand() {
  const char* command = std::getenv("KAUTOPSY_PAGER");
  if (!command) command = std::getenv("PAGER");
  const std::string pager = command ? command : "less";
  if (pager.empty() || pager == "cat") return std::nullopt;
  return pager;
}

}  // namespace kautopsy
