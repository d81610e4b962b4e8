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

// While it lives, Ctrl-C ends nothing but what an InterruptFlag stands for: for a prompt, whose
// terminal turns Ctrl-C into a key and back between one question and the next. Does nothing where
// SIGINT is ignored.
class InterruptShield {
 public:
  InterruptShield();
  ~InterruptShield();
  InterruptShield(const InterruptShield&) = delete;
  InterruptShield& operator=(const InterruptShield&) = delete;

 private:
  struct sigaction before_ = {};
};

}  // namespace kautopsy
