#pragma once

#include <string_view>
#include <vector>

#include "parsers/event_sink.h"

namespace kautopsy {

// A part of a physical line that once was a line of its own.
struct Fragment {
  std::size_t offset = 0;  // in the physical line
  std::string_view text;
};

// Undoes pasting that joined many lines into one by blanks: finds where log lines, commands at a
// prompt and the outputs of /proc files start inside `line`. The fragments cover the line from its
// first byte on; without a join there is one. An author's "..." between two joined lines is left
// out.
void SplitJoinedLine(std::string_view line, std::vector<Fragment>& fragments);

// Takes off what Markdown puts in front of the kernel's line: code ticks ("`java invoked
// oom-killer:
// ...") and bold marks ("**[   12.345678] f+0x1/0x2"). Other text stays as it is.
std::string_view StripCodeMarks(std::string_view line);

// Takes the bold marks off a frame of a call trace: "**[<c0109a55>] f+0x1/0x2 [mod]**".
std::string_view StripBold(std::string_view text);

// Trims `line`, which the end of the input or a length limit cut, to what cannot be the beginning
// of a longer word or number: "free:1234" may have been "free:123456kB", but "0" and "4kB" are
// whole.
std::string_view TrimToSure(std::string_view line);

// Takes off the carriage returns that a transport left behind a line.
std::string_view StripLineEnd(std::string_view line);

}  // namespace kautopsy
