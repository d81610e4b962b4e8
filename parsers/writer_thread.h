#pragma once

#include <memory>

#include "parsers/event_sink.h"

namespace kautopsy {

// A sink that hands events to `sink` on a thread of its own, so that storing one event and parsing
// the next go on at the same time. Bounded: a fast parser waits. `sink` must outlive it, and sees
// its calls one after the other, as from one thread. A failure comes back from one of the later
// calls, at the latest from EndSource.
std::unique_ptr<EventSink> NewWriterThread(EventSink& sink);

}  // namespace kautopsy
