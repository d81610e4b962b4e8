#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>

#include "parsers/event_sink.h"

namespace kautopsy {

// Lets several inputs be read at once, and one sink get their sources one after the other, in the
// order of turns: what is written does not depend on how many are read at once. Whoever is ahead of
// its turn keeps some events, and waits once these are many. Thread-safe.
class OrderedSinks {
 public:
  // `sink` must outlive this, and is used by one thread at a time.
  explicit OrderedSinks(EventSink& sink) : sink_(sink) {}

  // A sink for the sources of one turn, to be used by one thread. Turns count from 0. Once a sink
  // has failed all others fail, too.
  std::unique_ptr<EventSink> ForTurn(std::size_t turn);

  // Waits until all turns before `turn` have ended.
  void WaitFor(std::size_t turn);
  // To be called once for each turn, by who has waited for it.
  void EndTurn();

 private:
  class TurnSink;

  bool IsTurn(std::size_t turn);
  bool failed();
  void Fail();

  EventSink& sink_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t turn_ = 0;
  bool failed_ = false;
};

}  // namespace kautopsy
