#pragma once

#include <string>
#include <string_view>

namespace kautopsy {

// Takes the marks "<IRQ>", "</TASK>", "<EOI>", "<<EOE>>" off the head of `text`, and sets `mark` to
// the stack that the next frames are on: process, irq or nmi; exception stacks such as #DF stand
// for themselves (arch/x86/kernel/dumpstack.c, show_trace_log_lvl()).
void ConsumeMarks(std::string_view& text, std::string& mark);

}  // namespace kautopsy
