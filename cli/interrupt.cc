#include "cli/interrupt.h"

namespace kautopsy {
namespace {

// A handler of signals has no context of its own.
std::atomic<bool> interrupted = false;
static_assert(std::atomic<bool>::is_always_lock_free, "a handler of signals may not wait");

void Remember(int /*signal*/) { interrupted = true; }
void Forget(int /*signal*/) {}

void Handle(void (*handler)(int), unsigned flags, struct sigaction& before) {
  struct sigaction action = {};
  action.sa_handler = handler;
  action.sa_flags = static_cast<int>(flags);
  ::sigaction(SIGINT, nullptr, &before);
  if (before.sa_handler != SIG_IGN) ::sigaction(SIGINT, &action, nullptr);
}

}  // namespace

InterruptFlag::InterruptFlag() {
  interrupted = false;
  Handle(Remember, SA_RESETHAND, before_);  // the second one ends the program
}

InterruptFlag::~InterruptFlag() { ::sigaction(SIGINT, &before_, nullptr); }

const std::atomic<bool>& InterruptFlag::flag() const { return interrupted; }

InterruptShield::InterruptShield() { Handle(Forget, SA_RESTART, before_); }

InterruptShield::~InterruptShield() { ::sigaction(SIGINT, &before_, nullptr); }

}  // namespace kautopsy
