#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace kautopsy {

// One input to read.
struct Input {
  std::string path;                // "-" for standard input
  std::size_t argument = 0;        // which of the user's paths it comes from
  bool walked = false;             // found in a folder, not named by the user
  std::vector<std::string> parts;  // of a dump in pstore, see JoinPstore(); empty for all others
  std::optional<uint64_t> bytes;   // none if it is no regular file
  std::optional<int64_t> mtime;    // [s] since the epoch, of a regular file
};

struct Inputs {
  std::vector<Input> files;
  std::vector<std::string>
      problems;  // "PATH: reason": folders that cannot be read or hold no files
  std::vector<std::pair<std::string, std::string>>
      skipped;  // path and reason: devices, pipes, sockets and links to folders or to nothing
  std::vector<std::pair<std::string, std::string>>
      clock_links;                      // etc/localtime in folders, and where it points to
  std::optional<uint64_t> total_bytes;  // none if one of them has no size, as a pipe
};

// The regular files behind `paths`: folders are walked, their entries sorted by name, so that the
// order is the same everywhere; a pattern (messages*) that names no file itself stands for what it
// matches. Links to folders below them are not followed (they may lead in circles). The database
// file `store`, with its journal, is left out. The parts of a kernel log in pstore are one input.
// Files named by the user are not looked at.
Inputs CollectInputs(const std::vector<std::string>& paths, const std::string& store);

}  // namespace kautopsy
