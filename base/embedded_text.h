#pragma once

#include <string_view>

namespace kautopsy {

// A file of the source tree compiled into the program.
struct EmbeddedText {
  std::string_view name;  // file name without folder
  std::string_view text;
};

}  // namespace kautopsy
