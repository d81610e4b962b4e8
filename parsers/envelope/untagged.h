#pragma once

#include <cstddef>
#include <string_view>

namespace kautopsy {

// Some syslog daemons were set up to write no "kernel:", so that what follows the host is the
// kernel's text. Only words with which a line of a record begins tell such a line from another
// program's: "escabot init invoked oom-killer: ...", "escabot DMA free:3560kB min:68kB".

// `text` is what stands behind the stamp. A quick answer, false for most lines of most logs.
bool MayBeUntagged(std::string_view text);

// Where the kernel's text begins behind the host; 0 if it is not surely the kernel's.
std::size_t BehindUntaggedHost(std::string_view text);

}  // namespace kautopsy
