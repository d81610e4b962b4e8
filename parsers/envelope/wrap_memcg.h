#pragma once

#include <optional>
#include <string_view>

namespace kautopsy {

// Consoles of pods and terminals break the lines that name memory cgroups wherever their width
// ends: within a path of 150 bytes, a key, a figure. What joins `line` and the rest of it, `rest`,
// both without blanks around them; none unless both show that they are one.
//   Task in /kubepods/pod1/0249 killed as a result of limit of /kubepo
//   ds/pod1/0249
std::optional<std::string_view> GlueOfMemcg(std::string_view line, std::string_view rest);

}  // namespace kautopsy
