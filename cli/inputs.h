#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kautopsy {

// One input to read.
struct Input {
  std::string path;          // "-" for standard input
  std::size_t argument = 0;  // which of the user's paths it comes from
};

struct Inputs {
  std::vector<Input> files;
  std::vector<std::string>
      problems;  // "PATH: reason": folders that cannot be read or hold no files
  std::optional<uint64_t> total_bytes;  // none if one of them has no size, as a pipe
};

// The regular files behind `paths`: folders are walked, their entries sorted by name, so that the
// order is the same everywhere. Links to folders below them are not followed (they may lead in
// circles). The database file `store`, with its journal, is left out. Files named by the user are
// not looked at.
Inputs CollectInputs(const std::vector<std::string>& paths, const std::string& store);

}  // namespace kautopsy
