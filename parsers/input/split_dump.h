#pragma once

#include <optional>
#include <string>

namespace kautopsy {

// What to do with the dump in `file` if it is one of the parts that `makedumpfile --split` writes,
// each with the kernel's memory of one range of addresses; none if it is whole, or no dump in
// kdump's format of a machine with 64 bits.
std::optional<std::string> AdviceForSplitDump(int file);

}  // namespace kautopsy
