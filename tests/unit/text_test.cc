#include "base/text.h"
#include "base/seen_hashes.h"

#include <doctest/doctest.h>

#include <cstdint>
#include <string_view>

namespace kautopsy {

TEST_CASE("ParseInteger takes whole decimal numbers only") {
  CHECK(ParseInteger("0") == 0);
  CHECK(ParseInteger("-5") == -5);
  CHECK(ParseInteger("9223372036854775807") == INT64_MAX);
  CHECK_FALSE(ParseInteger(""));
  CHECK_FALSE(ParseInteger("-"));
  CHECK_FALSE(ParseInteger("+1"));
  CHECK_FALSE(ParseInteger(" 1"));
  CHECK_FALSE(ParseInteger("12kB"));
  CHECK_FALSE(ParseInteger("0x20"));
}

TEST_CASE("ParseInteger reads a counter that raced below zero as negative") {
  CHECK(ParseInteger("18446744073709551615") == -1);
  CHECK_FALSE(ParseInteger("18446744073709551616"));
}

TEST_CASE("ParseHex takes up to 64 bits without a prefix") {
  CHECK(ParseHex("20") == 0x20);
  CHECK(ParseHex("201DA") == 0x201da);
  CHECK(ParseHex("ffffffffffffffff") == -1);
  CHECK_FALSE(ParseHex(""));
  CHECK_FALSE(ParseHex("0x20"));
  CHECK_FALSE(ParseHex("10000000000000000"));
}

TEST_CASE("ConsumeInteger leaves the text alone if no number heads it") {
  std::string_view text = "1024*4kB";
  CHECK(ConsumeInteger(text) == 1024);
  CHECK(text == "*4kB");
  CHECK_FALSE(ConsumeInteger(text));
  CHECK(text == "*4kB");
  text = "-1, next";
  CHECK(ConsumeInteger(text) == -1);
  CHECK(text == ", next");
  text = "-x";
  CHECK_FALSE(ConsumeInteger(text));
  CHECK(text == "-x");
}

TEST_CASE("ConsumeInteger reads what 64 bits hold, and nothing longer") {
  std::string_view text = "999999999999999999x";
  CHECK(ConsumeInteger(text) == 999999999999999999);
  text = "9223372036854775807x";
  CHECK(ConsumeInteger(text) == INT64_MAX);
  CHECK(text == "x");
  text = "18446744073709551615x";  // the kernel's unsigned numbers keep their bits
  CHECK(ConsumeInteger(text) == -1);
  CHECK(text == "x");
  text = "9999999999999999999999";
  CHECK_FALSE(ConsumeInteger(text));
  CHECK(text == "9999999999999999999999");
}

TEST_CASE("ConsumePrefix takes the prefix only where it stands first") {
  std::string_view text = "order:4";
  CHECK_FALSE(ConsumePrefix(text, "mode:"));
  CHECK(ConsumePrefix(text, "order:"));
  CHECK(text == "4");
}

TEST_CASE("CollapseBlanks makes pasted and original spacing equal") {
  CHECK(CollapseBlanks("[ pid ]   uid  tgid total_vm") == "[ pid ] uid tgid total_vm");
  CHECK(CollapseBlanks(" \tMem-Info: \t ") == "Mem-Info:");
  CHECK(CollapseBlanks("  ").empty());
  CHECK(CollapseBlanks("one two  three\tfour  \t five six seven eight") ==
        "one two three four five six seven eight");
  CHECK(CollapseBlanks("12345678  87654321 12345678\t") == "12345678 87654321 12345678");
  CHECK(CollapseBlanks("1234567  7654321") == "1234567 7654321");  // over the end of a word
}

TEST_CASE("a set of hashes knows each one once, however many there are") {
  SeenHashes seen;
  constexpr uint64_t kMany = 100000;
  const auto insert_all = [&] {
    uint64_t fresh = 0;
    for (uint64_t i = 0; i < kMany; ++i) fresh += seen.Insert(i * 0x9E3779B97F4A7C15) ? 1 : 0;
    return fresh;
  };
  CHECK(insert_all() == kMany);
  CHECK(insert_all() == 0);
  CHECK_FALSE(seen.Insert(0));
}

TEST_CASE("EscapeForTerminal disarms what can drive a terminal") {
  CHECK(EscapeForTerminal("plain “text” 記憶體") == "plain “text” 記憶體");
  CHECK(EscapeForTerminal("\x1b[2J") == "\\x1b[2J");
  CHECK(EscapeForTerminal(std::string_view("a\0b\n", 4)) == "a\\x00b\\x0a");
  CHECK(EscapeForTerminal("\xC2\x9B"
                          "31m") == "\\xc2\\x9b31m");  // C1 control sequence introducer
  CHECK(EscapeForTerminal("\xE2\x80\xAE"
                          "abc") == "\\xe2\\x80\\xaeabc");  // right-to-left override
  CHECK(EscapeForTerminal("\x7f") == "\\x7f");
}

TEST_CASE("Bytes that are not UTF-8 are found, escaped and replaced") {
  for (const std::string_view bad :
       {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF5\x80\x80\x80", "\xE8\xA8"}) {
    CAPTURE(EscapeForTerminal(bad));
    CHECK_FALSE(IsUtf8(bad));
    CHECK(IsUtf8(ToUtf8(bad)));
    CHECK(IsUtf8(EscapeForTerminal(bad)));
  }
  CHECK(ToUtf8("a\xFF"
               "b") ==
        "a\xEF\xBF\xBD"
        "b");
  CHECK(EscapeForTerminal("a\xFF"
                          "b") == "a\\xffb");
  CHECK(IsUtf8("\xF0\x9F\x98\x80 \xED\x9F\xBF \xEE\x80\x80"));
}

}  // namespace kautopsy
