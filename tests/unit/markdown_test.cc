#include "base/markdown.h"

#include <doctest/doctest.h>

#include <string>
#include <utility>

namespace kautopsy {

TEST_CASE("marks and HTML of Markdown are escaped; words stay readable") {
  const std::pair<const char*, const char*> kCases[] = {
      {"wv2-f302: qemu_wl52 [pid 3878], 31.8 % (high)",
       "wv2-f302: qemu_wl52 \\[pid 3878\\], 31.8 % (high)"},
      {"a_b _c_ *d* `e` ~f g|h \\", "a_b \\_c\\_ \\*d\\* \\`e\\` \\~&#8203;f g\\|h \\\\"},
      {"<script>&amp;", "&lt;script&gt;&amp;&#8203;amp;"},
      {"[x](javascript:alert)", "\\[x\\](javascript:alert)"},
      {"$x$", "\\$&#8203;x\\$"},
      {"", ""}};
  for (const auto& [text, expected] : kCases) CHECK(EscapeForMarkdown(text) == expected);
}

TEST_CASE("what begins a line of Markdown with a meaning is escaped there alone") {
  const std::pair<const char*, const char*> kCases[] = {{"# a # b", "\\# a # b"},
                                                        {"## a", "\\## a"},
                                                        {"- a - b", "\\- a - b"},
                                                        {"---", "\\---"},
                                                        {"===", "\\==="},
                                                        {"+ a", "\\+ a"},
                                                        {"1. a 2. b", "1\\. a 2. b"},
                                                        {"12) a", "12\\) a"},
                                                        {"12.4 GiB", "12.4 GiB"},
                                                        {"-5", "-5"},
                                                        {"    code", "code"},
                                                        {"-", "\\-"}};
  for (const auto& [text, expected] : kCases) CHECK(EscapeForMarkdown(text) == expected);
}

TEST_CASE("what sites would make links, mentions and emoji of is broken by a zero width space") {
  const std::string kSpace = "&#8203;";
  const std::pair<std::string, std::string> kCases[] = {
      {"@root: fix #12, GH-7, !3 and %4", "@" + kSpace + "root: fix #" + kSpace + "12, GH-" +
                                              kSpace + "7, !" + kSpace + "3 and %" + kSpace + "4"},
      {"a@b.org", "a@" + kSpace + "b.org"},
      {"http://x.org WWW.x.org", "http:" + kSpace + "//x.org WWW" + kSpace + ".x.org"},
      {":tada: aa:bb:cc 12:42:42", ":" + kSpace + "tada: aa:bb:cc 12:42:42"},
      {"100 % of it, comm@ #, a.b", "100 % of it, comm@ #, a.b"}};
  for (const auto& [text, expected] : kCases) CHECK(EscapeForMarkdown(text) == expected);
}

TEST_CASE("code holds any text, and a fence is longer than what it holds") {
  CHECK(MarkdownCode("echo 1 > x") == "`echo 1 > x`");
  CHECK(MarkdownCode("a`b``c\nd") == "```a`b``c d```");
  CHECK(MarkdownCode("`a") == "`` `a ``");
  CHECK(MarkdownCode("").empty());
  CHECK(MarkdownFence("no ticks") == "```");
  CHECK(MarkdownFence("```` [x](y)") == "`````");
}

}  // namespace kautopsy
