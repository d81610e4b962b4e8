#pragma once

#include <string>
#include <string_view>

namespace kautopsy {

// `text` of one line, as it stands, in GitHub's and GitLab's Markdown: marks and HTML are escaped,
// and a zero width space keeps what these sites would make a link, a mention or an emoji of
// ("@name", "#12", "www.") from being one. Control characters are the caller's: EscapeForTerminal.
std::string EscapeForMarkdown(std::string_view text);

// `text` as code within a line, for what is to be copied: nothing in it is a mark or a link. Line
// ends become blanks.
std::string MarkdownCode(std::string_view text);

// The fence of a code block that `text` cannot end: "```", or more of them.
std::string MarkdownFence(std::string_view text);

}  // namespace kautopsy
