#include "reports/diagnosis/shell_word.h"

#include "base/text.h"

namespace kautopsy {

std::string ShellWord(std::string_view name) {
  constexpr std::string_view kSafe =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:/@+-";
  const bool safe =
      !name.empty() && name[0] != '-' && name.find_first_not_of(kSafe) == std::string_view::npos;
  return safe ? std::string(name) : "NAME";
}

}  // namespace kautopsy
