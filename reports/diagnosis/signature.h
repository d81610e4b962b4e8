#pragma once

#include <string>
#include <string_view>

#include "reports/diagnosis/facts.h"
#include "reports/diagnosis/finding.h"

namespace kautopsy {

// What is equal wherever the same cause met the same kind of request and the same culprit:
// "slab_leak|oom|order 0|sock". No hosts, pids, times or sizes. The culprit is whom the cause's
// mechanism needs: who holds the memory, who asks for the pieces, which kernel kills too early; it
// is missing where the text does not tell. `primary` may be null.
std::string SignatureOf(const IncidentFacts& facts, std::string_view cause, const Finding* primary);

// False for a signature without a culprit: incidents that share it have a cause in common, and need
// not be the same trouble.
bool NamesCulprit(std::string_view signature);

}  // namespace kautopsy
