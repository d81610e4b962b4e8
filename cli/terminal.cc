#include "cli/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace kautopsy {
namespace {

constexpr int kDefaultWidth = 80;

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

}  // namespace

bool IsTerminal(int descriptor) { return ::isatty(descriptor) == 1; }

std::optional<ScreenSize> SizeOfScreen(int descriptor) {
  winsize size = {};
  const bool told =
      ::ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0;
  return told ? std::optional<ScreenSize>({size.ws_row, size.ws_col}) : std::nullopt;
}

bool IsDumbTerminal() {
  const std::string term = Environment("TERM");
  return term.empty() || term == "dumb";
}

int TerminalWidth(int descriptor) {
  winsize size = {};
  if (::ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kDefaultWidth;
  return size.ws_col;
}

bool UnicodeLocale() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    std::string locale = Environment(name);
    if (locale.empty()) continue;  // the next one decides
    std::erase(locale, '-');
    std::ranges::transform(locale, locale.begin(), [](unsigned char c) { return std::tolower(c); });
    return locale.find("utf8") != std::string::npos;
  }
  return false;
}

std::optional<bool> DecideColour(std::string_view word, int descriptor) {
  if (word == "always") return true;
  if (word == "never") return false;
  if (word != "auto") return std::nullopt;
  return IsTerminal(descriptor) && Environment("NO_COLOR").empty() && Environment("TERM") != "dumb";
}

}  // namespace kautopsy
