#pragma once

#include <string>
#include <string_view>

namespace kautopsy {

// `text` as one word of a shell's command, in quotes where it needs them: whoever starts a program
// or names a file chooses what is in it.
std::string ShellWord(std::string_view text);

}  // namespace kautopsy
