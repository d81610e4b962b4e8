#pragma once

#include <cstddef>
#include <vector>

#include "parsers/kernel/call_frame.h"

namespace kautopsy {

// Frames [first, end) of the trace that a crash is about.
struct MainTrace {
  std::size_t first = 0;
  std::size_t end = 0;
};

// It is the first; or the last, as lockdep prints the chain of locks before it.
MainTrace FindMainTrace(const std::vector<CallFrame>& frames, bool is_last);

// The function that a report without instruction pointer is about: its place in the trace, or the
// trace's end if none is. `by_timer`: a timer's interrupt tells of what it interrupts.
std::size_t FindCause(const std::vector<CallFrame>& frames, const MainTrace& trace, bool by_timer);

}  // namespace kautopsy
