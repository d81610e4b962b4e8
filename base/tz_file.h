#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace kautopsy {

// True if `head` begins a compiled time zone (RFC 8536), as /etc/localtime is one where it is no
// link.
bool IsTzFile(std::string_view head);

// The zone of this machine's tz database whose rules a compiled zone has: that of equal content,
// else, as databases differ by age and by how they were compiled, the one with the same rule for
// the future (the footer) and most clock changes since 1970 in common. None if no zone has that
// rule, and for version 1, which has no footer.
std::optional<std::string> NameTzFile(std::string_view contents);

}  // namespace kautopsy
