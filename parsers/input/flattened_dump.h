#pragma once

#include <string_view>

#include "base/result.h"
#include "parsers/input/temporary_file.h"

namespace kautopsy {

// True for a dump in makedumpfile's flattened format (`makedumpfile -F`, QEMU's dump-guest-memory):
// a stream of pieces, each with the place where it belongs.
bool IsFlattenedDump(std::string_view head);

// The dump as `makedumpfile -R` would make it, in a temporary file, since the libkdumpfile of
// Debian 12 does not know the format. An error means that there is nothing.
Result<WholeFile> ReassembleDump(int file, const Progress& progress);

}  // namespace kautopsy
