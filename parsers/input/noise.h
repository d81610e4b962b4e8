#pragma once

#include <string_view>

namespace kautopsy {

// True for kernel lines of kinds that have nothing to do with what kautopsy looks for, told by
// their first word (after the uptime): firewall and audit records, USB, link states, the blank
// lines that set reports off. Others count as not understood. `text` is what follows "kernel: ".
bool IsKnownNoise(std::string_view text);

}  // namespace kautopsy
