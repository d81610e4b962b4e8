#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace kautopsy {

// What can be typed at the prompt of the shell. All sorted by nobody: Complete() does.
struct ShellWords {
  std::vector<std::string> commands;   // ".help"
  std::vector<std::string> recipes;    // "@killed"
  std::vector<std::string> relations;  // also what .schema takes
  std::vector<std::string> columns;
  std::vector<std::string> others;   // keywords and functions
  std::vector<std::string> formats;  // what .mode takes
};

struct Completions {
  std::size_t typed = 0;           // bytes of the word so far
  std::vector<std::string> words;  // that begin so, whatever the case; sorted, each once
  // What all of them go on with, in the case of the first; may be empty.
  std::string Common() const;
};

// The words that may stand at the end of `line`, what stands before the cursor.
Completions Complete(const ShellWords& words, std::string_view line);

}  // namespace kautopsy
