#pragma once

#include <string>
#include <string_view>

namespace kautopsy {

// A name of the log as a word of a command that a reader may paste into a shell: as it is, if that
// is safe, else "NAME", as whoever starts a program chooses its name.
std::string ShellWord(std::string_view name);

}  // namespace kautopsy
