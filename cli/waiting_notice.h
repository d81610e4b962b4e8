#pragma once

#include <functional>
#include <thread>

namespace kautopsy {

// Calls `tell`, on a thread of its own, unless it is destroyed within two seconds: what is waited
// for (a writer of a pipe, a user who was to type) may never come, and looks like a long run.
class WaitingNotice {
 public:
  explicit WaitingNotice(std::function<void()> tell);

 private:
  std::jthread thread_;
};

}  // namespace kautopsy
