#include "cli/waiting_notice.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

namespace kautopsy {
namespace {

constexpr auto kPatience = std::chrono::seconds(2);

}  // namespace

WaitingNotice::WaitingNotice(std::function<void()> tell)
    : thread_([tell = std::move(tell)](const std::stop_token& stop) {
        std::mutex mutex;
        std::condition_variable_any never;
        std::unique_lock lock(mutex);
        never.wait_for(lock, stop, kPatience, [] { return false; });
        if (!stop.stop_requested()) tell();
      }) {}

}  // namespace kautopsy
