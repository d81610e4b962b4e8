#include "cli/messages.h"

#include <iostream>

#include "base/text.h"

namespace kautopsy {

void Complain(std::string_view message) {
  std::string text = "kautopsy: ";
  while (true) {
    const std::size_t end = message.find('\n');
    text += EscapeForTerminal(message.substr(0, end));
    text += '\n';
    if (end == std::string_view::npos) break;
    message.remove_prefix(end + 1);
  }
  std::cerr << text << std::flush;  // in one piece: lines of other processes do not get in between
}

int ComplainUsage(std::string_view command, std::string_view message) {
  std::string text(message);
  text += "; see kautopsy ";
  if (!command.empty()) text.append(command).append(" ");
  Complain(text + "--help");
  return kExitUsage;
}

}  // namespace kautopsy
