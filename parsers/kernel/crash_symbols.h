#pragma once

#include <string_view>

namespace kautopsy {

// True for functions above the one that a report is about: those that print it, and those that wait
// or schedule for others (lib/dump_stack.c, kernel/panic.c, kernel/sched, kernel/locking,
// kernel/time, mm/page_alloc.c, mm/memory.c, lib/nmi_backtrace.c).
bool IsNotTheCause(std::string_view symbol);

// True where the stack of a task or of an interrupt begins: nothing stands below.
bool IsBottom(std::string_view symbol);

// Without what compilers add: ".isra.0", ".part.3", ".cold", ".constprop.0".
std::string_view BaseName(std::string_view symbol);

}  // namespace kautopsy
