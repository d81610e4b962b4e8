#pragma once

#include <atomic>
#include <csignal>

namespace kautopsy {

// While it lives, the first Ctrl-C (SIGINT) makes flag() true and ends nothing; a second one ends
// the program, as it would without this. Does nothing
// where SIGINT is ignored. One at a time.
class InterruptFlag {
 public:
  InterruptFlag();
  ~InterruptFlag();
  InterruptFlag(const InterruptFlag&) = delete;
  InterruptFlag& operator=(const InterruptFlag&) = delete;

  const std::atomic<bool>& flag() const;

 private:
  struct sigaction before_ = {};
};

}  // namespace kautopsy
