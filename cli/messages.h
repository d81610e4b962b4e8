#pragma once

#include <string>
#include <string_view>

#include "cli/command.h"

namespace kautopsy {

// Prints "kautopsy: <message>" to stderr. Whatever a path or a log put into it is made safe for a
// terminal; newlines of the message stay.
void Complain(std::string_view message);

// Tells what is wrong with the arguments of `command` and where its help is; returns kExitUsage.
int ComplainUsage(std::string_view command, std::string_view message);

}  // namespace kautopsy
