#pragma once

#include <array>
#include <string>
#include <string_view>

namespace kautopsy {

// A line that begins with the kernel's prefix and has none of these behind it is changed by neither
// of the two.
inline constexpr std::array<std::string_view, 5> kUndoneMarks = {"&", "\x1b", "\xC2", "#0", "\\"};

// Undoes what terminals and web pages put into a whole line: colour codes and other ESC sequences
// are taken out, no-break spaces (in mail archives also as "A ") become blanks, "&lt;" "&gt;"
// "&amp;" "&quot;" "&#39;" become characters. Gives `line` itself if there is nothing to undo, else
// a view into `storage`.
std::string_view CleanLine(std::string_view line, std::string& storage);

// Undoes what a transport did to control bytes within a record's text: line ends in any spelling,
// "#011" and the like (rsyslog) and, if `hex`, every "\xNN" (/dev/kmsg) become the byte. Else a
// "\x2d" is systemd's own, in a unit's name. As above for the result.
std::string_view Unescape(std::string_view text, bool hex, std::string& storage);

}  // namespace kautopsy
