#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace kautopsy {

// A line of a log that is written as one JSON object per line.
struct JsonLine {
  std::string text;  // may hold newlines
  std::string host;
  std::string boot_id;  // of the journal, _BOOT_ID
  std::optional<PrintedTime> time;
  std::optional<int64_t> uptime_us;
  bool kernel = false;   // the object says that the kernel printed it; else `text` may tell
  bool witness = false;  // the object names a program that IsWitness() knows
};

// The object in a line: behind what journalctl -o json-seq (RFC 7464) and -o json-sse put before
// it. Empty if there is none.
std::string_view JsonObjectOf(std::string_view line);

// Reads "{...}" as journalctl -o json, Docker's json-file driver and other collectors of logs, and
// dmesg --json (each record put into one line) write it; none if it is none of them, or another
// program's (systemd.journal-fields(7)).
std::optional<JsonLine> ParseJsonLine(std::string_view line);

}  // namespace kautopsy
