#pragma once

#include <cstddef>
#include <string_view>

#include "parsers/envelope/log_line.h"

namespace kautopsy {

enum class LineClass {
  kKernel,        // printed by the kernel
  kOtherProgram,  // has the prefix, and another program's name in it
  kUnknown,       // does not have the prefix
};

struct Classification {
  LineClass line_class = LineClass::kUnknown;
  std::size_t text_begin = 0;  // where the program's own text starts in the line
};

// One prefix format of log lines. Stateless, usable by any number of threads.
class Envelope {
 public:
  virtual ~Envelope() = default;
  // Runs on every line of every log, so it is written by hand, without a regex.
  virtual Classification Classify(std::string_view line) const = 0;
  // Takes the prefix of `line.raw` apart into the other members. False, and `line` unchanged, if
  // the line does not have the prefix.
  virtual bool Parse(LogLine& line) const = 0;
};

// "Nov 20 12:42:42 host kernel: [uptime] text" as klogd, rsyslog and journalctl -o short write it
// (RFC 3164, section 4.1; no year, no zone).
const Envelope& Rfc3164Envelope();

// No prefix at all: dmesg -t, journalctl -o cat, console output and whatever people paste.
const Envelope& BareEnvelope();

}  // namespace kautopsy
