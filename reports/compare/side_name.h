#pragma once

#include <string>
#include <string_view>

#include "base/row.h"

namespace kautopsy {

// What a user compares, as written: an incident's number ("3"), a place ("messages:66:23",
// "messages:66"), or a file.
struct SideName {
  std::string text;
  Integer incident;
  std::string file;      // of a place, or the file itself
  Integer line, column;  // of a place, from 1
};

// What is neither a number nor ends in one behind a colon is a file.
SideName ParseSideName(std::string_view text);
// The same text taken for a file, whatever it looks like.
SideName FileSideName(std::string_view path);

}  // namespace kautopsy
