#pragma once

#include <optional>
#include <string_view>

namespace kautopsy {

bool IsTerminal(int descriptor);

struct ScreenSize {
  int rows = 0;
  int columns = 0;
};
// None for what is no terminal, or does not tell.
std::optional<ScreenSize> SizeOfScreen(int descriptor);

// Whether $TERM says that the terminal knows no codes (dumb), or nothing.
bool IsDumbTerminal();

// Columns of the terminal behind `descriptor`; 80 if there is none.
int TerminalWidth(int descriptor);

// Whether the locale of the environment (LC_ALL, else LC_CTYPE, else LANG) is one of UTF-8.
bool UnicodeLocale();

// Whether to colour: `word` is auto (a terminal, and neither NO_COLOR nor TERM=dumb), always or
// never; none for other words.
std::optional<bool> DecideColour(std::string_view word, int descriptor);

}  // namespace kautopsy
