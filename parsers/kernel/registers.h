#pragma once

#include <string_view>

namespace kautopsy {

// True for a line that stands around the frames of a trace and is none: registers of the
// interrupted code, code bytes, rows of raw stack, marks of exceptions (show_regs() and
// dump_stack() of each architecture).
bool IsRegisterLine(std::string_view text);

// True for a row of raw stack, which some architectures print above the trace:
//   Stack : 80960000 801686ec 00000000    mips
//   ffff8804182079c8 ffffffff81681157     x86 until 3.19
//   Stack: (0xc7083e70 to 0xc7084000)     arm, its head
bool IsStackRow(std::string_view text);

}  // namespace kautopsy
