#pragma once

#include <string_view>

namespace kautopsy {

// A file of the source tree compiled into the program.
struct EmbeddedText {
  std::string_view name;  // file name without folder
  std::string_view text;
};

// The same with what a content security policy knows the text by: "sha256-" and its hash in base64.
struct HashedText {
  std::string_view name;
  std::string_view text;
  std::string_view hash;
};

}  // namespace kautopsy
