#pragma once

#include <cstddef>
#include <string_view>

#include "parsers/envelope/latest_head.h"
#include "parsers/envelope/log_line.h"

namespace kautopsy {

enum class LineClass {
  kKernel,        // printed by the kernel
  kOtherProgram,  // has a prefix, and another program's name in it
  kWitness,       // likewise, but one that tells of kills, lost lines or dumps, see IsWitness()
  kUnknown,       // has none that tells
};

struct Classification {
  LineClass line_class = LineClass::kUnknown;
  std::size_t text_begin = 0;  // where the program's own text starts in the line
};

// The prefixes that transports put before what the kernel printed. They are told by their first
// bytes, line by line, so one file may mix them. Any thread may call these functions.

// Runs on every line of every log, so it is written by hand, without a regex. Prefixes that only
// ParsePrefixes() knows are kUnknown here.
Classification Classify(std::string_view line);

// Takes the prefixes of `line.text` off, outermost first, and apart into the other members: several
// may be stacked, as in "2024-05-01T12:00:00Z h kernel: <4>[   12.345678][  T99] text".
// `line.prefixed` tells if there was one. `latest` carries over from line to line what they share.
void ParsePrefixes(LogLine& line, LatestHead& latest);

}  // namespace kautopsy
