#pragma once

#include <functional>
#include <optional>

#include "parsers/event_sink.h"

namespace kautopsy {

// Leaves out the few lines of a memory report that an author quotes above the whole of it, with a
// prefix that the whole lacks. Events pass in their order.
class QuotedTail {
 public:
  using OnEvent = std::function<void(EventRecord&&)>;

  explicit QuotedTail(OnEvent on_event) : on_event_(std::move(on_event)) {}

  void Take(EventRecord&& event);
  // Gives out what waits for the next event.
  void Finish();
  uint64_t left_out() const { return left_out_; }  // [lines]

 private:
  OnEvent on_event_;
  std::optional<EventRecord> waiting_;
  uint64_t left_out_ = 0;
};

}  // namespace kautopsy
