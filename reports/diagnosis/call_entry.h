#pragma once

#include <string>
#include <string_view>

namespace kautopsy {

// How the work that a call trace shows was begun.
enum class EntryKind { kNone, kSoftirq, kInterrupt, kNmi, kOther };

struct CallEntry {
  EntryKind kind = EntryKind::kNone;
  std::string words;  // "the read system call", "a page fault"; empty for kNone
};

// What this function begins; kNone for all that are called in between. `symbol` is plain
// (PlainSymbol()).
CallEntry ReadCallEntry(std::string_view symbol);

}  // namespace kautopsy
