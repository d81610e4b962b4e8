#pragma once

#include <memory>
#include <string>

#include "base/result.h"
#include "parsers/input/byte_source.h"
#include "parsers/input/child_process.h"
#include "parsers/input/crash_dump.h"

namespace kautopsy {

struct CrashDump {
  std::unique_ptr<ByteSource> log;  // lines as dmesg prints them
  CrashDumpFacts facts;
};

// Reads the dump in `file` by `reader`, a program that finds the dump at its standard input and
// prints what FormatDumpFacts() gives, then the lines of the log. So a damaged dump that crashes or
// hangs the library which reads it becomes an error, here or behind the lines that came before.
Result<CrashDump> OpenCrashDump(int file, const ChildProcess::Program& reader);

// Facts as comments above a log, one in each line ("# kernel: 6.1.0-56-amd64"), ended by "#".
std::string FormatDumpFacts(const CrashDumpFacts& facts);

// A line that may stand before the facts, as a sign of life.
inline constexpr char kDumpProgressLine[] = "# ...\n";

}  // namespace kautopsy
