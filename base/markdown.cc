#include "base/markdown.h"

#include <algorithm>
#include <cctype>

namespace kautopsy {
namespace {

constexpr std::string_view kZeroWidthSpace = "&#8203;";

bool IsAlnumAt(std::string_view text, std::size_t at) {
  return at < text.size() && std::isalnum(static_cast<unsigned char>(text[at])) != 0;
}

bool IsDigitAt(std::string_view text, std::size_t at) {
  return at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])) != 0;
}

// ":tada:" at `at`. Not the bytes of an address: "aa:bb:cc".
bool IsEmoji(std::string_view text, std::size_t at) {
  const std::size_t end = text.find(':', at + 1);
  if (end == std::string_view::npos || end == at + 1) return false;
  const std::string_view name = text.substr(at + 1, end - at - 1);
  const auto in_name = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '+' || c == '-';
  };
  const auto is_hex = [](unsigned char c) { return std::isxdigit(c) != 0; };
  return std::ranges::all_of(name, in_name) && !std::ranges::all_of(name, is_hex);
}

// Whether a site would take the character at `at` and what follows for a reference: GitHub's docs,
// "Autolinked references and URLs" (@name, #26, GH-26); the specification of GitHub's Markdown,
// "Autolinks (extension)" (http://, www., mail addresses); GitLab's "special references"
// (@ # ! $ % ~ &).
bool BeginsReference(std::string_view text, std::size_t at) {
  constexpr std::string_view kSigns = "@#!$%~&";
  if (kSigns.find(text[at]) != std::string_view::npos) return IsAlnumAt(text, at + 1);
  if (text[at] == ':') return text.substr(at).starts_with("://") || IsEmoji(text, at);
  if (text[at] == '-') return IsDigitAt(text, at + 1) && at >= 2 && text.substr(at - 2, 2) == "GH";
  const auto is_www = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) == b;
  };
  return text[at] == '.' && at >= 3 &&
         std::ranges::equal(text.substr(at - 3, 3), std::string_view("www"), is_www);
}

// CommonMark, "List items", "ATX headings", "Setext headings", "Thematic breaks": marks only where
// a line begins, before a blank or more of them.
bool IsMarkAtBegin(std::string_view text, std::size_t at) {
  const char next = at + 1 < text.size() ? text[at + 1] : ' ';
  if (at == 0 && std::string_view("#+-=").find(text[0]) != std::string_view::npos)
    return next == ' ' || next == text[0];
  const bool ends_number = at > 0 && (text[at] == '.' || text[at] == ')') && next == ' ';
  return ends_number && std::ranges::all_of(text.substr(0, at),
                                            [](unsigned char c) { return std::isdigit(c) != 0; });
}

// CommonMark, "Backslash escapes". An underscore inside a word is no mark: names stay readable.
std::string EscapedMark(std::string_view text, std::size_t at) {
  const char c = text[at];
  if (c == '&') return "&amp;";
  if (c == '<') return "&lt;";
  if (c == '>') return "&gt;";
  const bool inside = at > 0 && IsAlnumAt(text, at - 1) && IsAlnumAt(text, at + 1);
  const bool mark =
      c == '_' ? !inside : std::string_view("\\`*[]|~$").find(c) != std::string_view::npos;
  return (mark || IsMarkAtBegin(text, at)) ? std::string{'\\', c} : std::string{c};
}

std::size_t LongestRunOfBackticks(std::string_view text) {
  std::size_t longest = 0;
  std::size_t run = 0;
  for (const char c : text) {
    run = c == '`' ? run + 1 : 0;
    longest = std::max(longest, run);
  }
  return longest;
}

}  // namespace

std::string EscapeForMarkdown(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(' ');  // four would make it code
  if (begin == std::string_view::npos) return "";
  text.remove_prefix(begin);
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool is_dot = text[i] == '.' && BeginsReference(text, i);
    if (is_dot) result += kZeroWidthSpace;  // before it: behind "www" a dot is what counts
    result += EscapedMark(text, i);
    if (!is_dot && BeginsReference(text, i)) result += kZeroWidthSpace;
  }
  return result;
}

std::string MarkdownCode(std::string_view text) {
  if (text.empty()) return "";
  const std::string marks(LongestRunOfBackticks(text) + 1, '`');
  std::string code(text);
  std::ranges::replace(code, '\n', ' ');
  // A blank at each end goes with the marks (CommonMark, "Code spans").
  const std::string_view ends{" `"};
  const bool apart = ends.find(code.front()) != std::string_view::npos ||
                     ends.find(code.back()) != std::string_view::npos;
  const std::string gap = apart ? " " : "";
  return marks + gap + code + gap + marks;
}

std::string MarkdownFence(std::string_view text) {
  constexpr std::size_t kUsual = 3;
  return std::string(std::max(kUsual, LongestRunOfBackticks(text) + 1), '`');
}

}  // namespace kautopsy
