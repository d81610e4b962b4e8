#pragma once

#include <string_view>

namespace kautopsy {

// True if `next`, a line without prefix, is the rest of `line`, which a mail program broke at a
// blank because its first word did not fit. Without `lenient`, only where the text itself shows it;
// with it, which is for a line that has a prefix, whatever does not begin as prose or a command
// may.
bool ContinuesWrapped(std::string_view line, bool lenient, std::string_view next);

// True for a line that no mail program would have let through: its source was not wrapped.
bool IsTooWideForMail(std::string_view line);

// `text` without the marks of a quoting mail ("> ") and the blanks around it.
std::string_view SkipQuoteMarks(std::string_view text);

}  // namespace kautopsy
