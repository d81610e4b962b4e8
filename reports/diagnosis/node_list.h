#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "reports/diagnosis/facts.h"

namespace kautopsy {

// Reads the kernel's list format "0-1,4" (lib/vsprintf.c, %*pbl); empty for "(null)" and for text
// that is not a list, which both mean "no limit known".
std::vector<int64_t> ParseNodeList(std::string_view text);

// Nodes that the zones lie on, rising; empty on kernels without NUMA.
std::vector<int64_t> NodesOf(const std::vector<ZoneFacts>& zones);

}  // namespace kautopsy
