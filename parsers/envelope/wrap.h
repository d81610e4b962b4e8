#pragma once

#include <optional>
#include <string_view>

namespace kautopsy {

// Mail programs and terminals break long lines. What joins `line` and the rest of it, `next`, a
// line without prefix: a blank, or nothing where it was broken within a word; none if they are two.
// Prose often follows a log line, so the kernel's own wording must show the break; `lenient`, which
// is for a line with a prefix in a source that mail may have wrapped, takes whatever would not have
// fitted into the line.
std::optional<std::string_view> GlueOfBroken(std::string_view line, bool lenient,
                                             std::string_view next);

// The bytes of `next` before its words, where a program that breaks lines marked them as the rest
// of the line above: "> +active_file:16kB". 0 if it did not.
std::size_t PrefixOfMarkedRest(std::string_view next);

// The same of two lines between which an empty one stands: only what the words themselves show.
std::optional<std::string_view> GlueByWords(std::string_view line, std::string_view next);

// True for a line that no mail program would have let through: its source was not wrapped.
bool IsTooWideForMail(std::string_view line);

// `text` without the marks of a quoting mail ("> ") and the blanks around it.
std::string_view SkipQuoteMarks(std::string_view text);

// A container's runtime breaks long lines: "2024-05-01T12:00:00Z stderr P begin" goes on in
// "2024-05-01T12:00:00Z stderr F end". The bytes before "end"; 0 if `line` is not such a beginning,
// or `next` is not such a line of the same stream.
std::size_t PrefixOfPartial(std::string_view line, std::string_view next);

// True if `line` ends and `next` begins with words that the kernel always prints next to each
// other.
bool IsBrokenBetweenWords(std::string_view line, std::string_view next);

}  // namespace kautopsy
