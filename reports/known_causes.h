#pragma once

#include <string_view>
#include <vector>

namespace kautopsy {

// Every code that incident.primary_cause may have, sorted. A test compares it with the rules.
std::vector<std::string_view> KnownCauses();

}  // namespace kautopsy
