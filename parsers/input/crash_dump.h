#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace kautopsy {

// True for the first bytes of what may hold a crashed kernel's memory: an ELF core, kdump's
// compressed format, makedumpfile's flattened format. A core of a process is an ELF core, too.
bool IsCrashDump(std::string_view head);

// What a dump tells besides the log.
struct CrashDumpFacts {
  std::string release;                // of the kernel: "6.1.0-56-amd64"
  std::string host;                   // empty if it had no name
  std::optional<int64_t> crash_time;  // [s] since the epoch; kdump tells it, QEMU does not
  std::string format;                 // of the dump, in libkdumpfile's words: "elf"

  bool operator==(const CrashDumpFacts&) const = default;
};

// Takes what is read out of a dump.
class DumpLogSink {
 public:
  virtual ~DumpLogSink() = default;
  virtual void OnFacts(const CrashDumpFacts& facts) = 0;  // once, before the first line
  // A line as dmesg prints it, with its newline: "[   12.345678] text", control characters as \xNN.
  virtual void OnLine(std::string_view line) = 0;
  virtual void OnProgress() {}  // now and then while nothing is found yet
};

// Reads the kernel's log out of the dump in `file`, which must be readable at any place. With
// `callers` the lines tell, too, which task ([T12]) or CPU ([C1]) printed them, as with
// CONFIG_PRINTK_CALLER: the ring buffer knows it without that. An error may follow upon lines,
// which are good. On a damaged dump the library below may crash or hang: see dump_process.h.
Status PrintDumpLog(int file, bool callers, DumpLogSink& sink);

}  // namespace kautopsy
