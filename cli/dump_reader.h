#pragma once

#include "parsers/input/child_process.h"

namespace kautopsy {

// This program once more, to read a dump for OpenCrashDump() (parsers/input/dump_process.h). With
// `callers` the lines tell who printed them.
ChildProcess::Program DumpReader(bool callers);

}  // namespace kautopsy
