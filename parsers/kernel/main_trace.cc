#include "parsers/kernel/main_trace.h"

#include "parsers/kernel/crash_symbols.h"

namespace kautopsy {

MainTrace FindMainTrace(const std::vector<CallFrame>& frames, bool is_last) {
  MainTrace trace;
  trace.first = is_last && !frames.empty() ? frames.size() - 1 : 0;
  while (trace.first > 0 && frames[trace.first - 1].trace == frames[trace.first].trace)
    --trace.first;
  trace.end = trace.first;
  while (trace.end < frames.size() && frames[trace.end].trace == frames[trace.first].trace)
    ++trace.end;
  return trace;
}

std::size_t FindCause(const std::vector<CallFrame>& frames, const MainTrace& trace, bool by_timer) {
  std::size_t at = trace.first;
  while (at < trace.end && (frames[at].reliable != 1 || frames[at].context == "nmi" ||
                            (by_timer && frames[at].context == "irq") ||
                            frames[at].symbol->starts_with("0x") ||  // it has no name
                            IsNotTheCause(*frames[at].symbol)))
    ++at;
  return at;
}

}  // namespace kautopsy
