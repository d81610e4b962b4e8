#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "parsers/input/dump_memory.h"

namespace kautopsy {

// One message of the kernel.
struct PrintkRecord {
  std::optional<uint64_t> time_ns;  // since boot, of the clock that stamps messages
  std::optional<uint32_t> caller;   // its highest bit tells a CPU from a task
  std::string text;                 // may have several lines; without the last one's newline
};

using PrintkReader = std::function<void(const PrintkRecord&)>;

// Gives the messages in a crashed kernel's log buffer to `reader`, oldest first, each as soon as it
// is read. Knows the ring buffer (`prb`), the buffer of records before it (`log_first_idx`) and the
// buffer of plain text of old kernels, whose lines become records without a time. An error tells
// what could not be read; what was given before, and with the ring buffer behind it too, is good.
Status ReadPrintkBuffer(const DumpMemory& memory, const PrintkReader& reader);

// Parts of the above, one for each kind of buffer.
Status ReadPrintkRing(const DumpMemory& memory, const PrintkReader& reader);
Status ReadPrintkRecords(const DumpMemory& memory, const PrintkReader& reader);
Status ReadPrintkText(const DumpMemory& memory, const PrintkReader& reader);

}  // namespace kautopsy
