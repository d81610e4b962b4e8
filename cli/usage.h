#pragma once

#include <iosfwd>
#include <span>

#include "cli/command.h"

namespace kautopsy {

// The page of `kautopsy --help`. `commands` are those with a name.
void PrintHelp(std::span<const Command* const> commands, std::ostream& out);

// The page of `kautopsy COMMAND --help`.
void PrintCommandHelp(const Command& command, std::ostream& out);

}  // namespace kautopsy
