#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"

namespace kautopsy {

// One flag of a tainted kernel: what happened to it before. Relation `taint`.
struct Taint {
  Text letter;
  Text name;     // the kernel's own, since 6.10; none for a distribution's letters
  Text meaning;  // for people

  static constexpr std::string_view kRelation = "taint";
  static std::span<const Field<Taint>> Fields();
};

// The flags behind the letters of "Tainted: G        W  OE". "G" only says that "P" is not set.
std::vector<Taint> DecodeTaint(std::string_view letters);

}  // namespace kautopsy
