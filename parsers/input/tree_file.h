#pragma once

#include <optional>
#include <string_view>

namespace kautopsy {

// The root of the tree in which `path` is `file`, with a slash at its end unless it is empty; none
// if it is another file: "sos/etc/hostname" is etc/hostname of "sos/".
std::optional<std::string_view> RootOfFile(std::string_view path, std::string_view file);

// Without blanks around it.
std::string_view FirstLineOf(std::string_view contents);

// The word behind `key` in the first line that begins with it; without quotes. Empty if there is
// none.
std::string_view ValueOf(std::string_view contents, std::string_view key);

}  // namespace kautopsy
