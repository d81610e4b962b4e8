#pragma once

#include <sys/types.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "parsers/input/byte_source.h"
#include "parsers/input/file_descriptor.h"

namespace kautopsy {

// What a program prints, whose crash must not be ours. The end of its output is an error if it
// ended other than with exit code 0: what it wrote to standard error, else `failure` and the
// signal. If it prints nothing for `patience`, it is killed, which is an error, too. It never
// outlives the source.
class ChildProcess final : public ByteSource {
 public:
  struct Program {
    std::vector<std::string> command;  // the first is the path of the program
    std::string failure;               // what a crash or a hang means: "the crash dump is damaged"
    std::chrono::milliseconds patience = std::chrono::seconds(60);
  };

  // `input` becomes the program's standard input; it may be closed afterwards.
  static Result<std::unique_ptr<ChildProcess>> Start(const Program& program, int input);

  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess() override;

  Result<std::size_t> Read(std::span<char> block) override;

 private:
  ChildProcess() = default;

  // Waits until there is output or the end of it.
  Status Await();
  // Once there is no more output: how it ended.
  Status Finish();
  bool Reap();
  void Kill();
  std::string Complaint() const;

  std::chrono::milliseconds patience_ = {};
  std::string failure_;
  pid_t pid_ = -1;  // -1 once it has been reaped
  int wait_status_ = 0;
  FileDescriptor output_;
  FileDescriptor errors_;  // a file that takes all it complains, so that it never waits for us
};

}  // namespace kautopsy
