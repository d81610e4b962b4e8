#pragma once

#include <string_view>

namespace kautopsy {

// True if `next`, a line without prefix, is the rest of `line`, which a mail program broke at a
// blank because its first word did not fit. `prefixed`: `line` has a prefix; bare lines are joined
// only where the text itself shows it.
bool ContinuesWrapped(std::string_view line, bool prefixed, std::string_view next);

// `text` without the marks of a quoting mail ("> ") and the blanks around it.
std::string_view SkipQuoteMarks(std::string_view text);

}  // namespace kautopsy
