#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

#include "parsers/input/content.h"
#include "parsers/input/utf16_source.h"
#include "tests/support/string_source.h"

namespace kautopsy {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMarkLe = "\xFF\xFE"sv;
constexpr std::string_view kMarkBe = "\xFE\xFF"sv;

std::string Utf16(std::string_view ascii, std::string_view mark) {
  std::string text(mark);
  for (const char c : ascii) text += mark == kMarkLe ? std::string{c, '\0'} : std::string{'\0', c};
  return text;
}

std::string ReadAll(ByteSource& source, std::size_t per_read) {
  std::string text;
  std::array<char, 4096> block{};
  for (;;) {
    const Result<std::size_t> read = source.Read(std::span(block).first(per_read));
    REQUIRE(read.has_value());
    if (*read == 0) return text;
    text.append(block.data(), *read);
  }
}

TEST_CASE("Text in UTF-16 is read as text, of either byte order and in pieces of any size") {
  std::string line = "Out of memory: Killed process 3878 (qemu)\r\n";
  while (line.size() < 70000) line += line;
  for (const std::string_view mark : {kMarkLe, kMarkBe}) {
    const std::string utf16 = Utf16(line, mark);
    for (const std::size_t per_read : {1U, 3U, 4096U}) {
      const auto source = Utf16Source(std::make_unique<test::StringSource>(utf16, per_read));
      CHECK(ReadAll(*source, per_read) == line);
    }
  }
}

TEST_CASE("What is no character in UTF-16 is replaced, and what follows is kept") {
  const auto read = [](std::string_view units) {
    const std::string utf16 = std::string(kMarkLe) + std::string(units);
    const auto source = Utf16Source(std::make_unique<test::StringSource>(utf16));
    return ReadAll(*source, 100);
  };
  CHECK(read("\x3D\xD8\x00\xDE"sv) == "\U0001F600");  // a pair of surrogates
  CHECK(read("=\0\x3D\xD8=\0"sv) == "=\uFFFD=");      // one without the other
  CHECK(read("=\0\x00\xDE=\0"sv) == "=\uFFFD=");
  CHECK(read("=\0\x3D\xD8"sv) == "=\uFFFD");  // it ends within a pair
  CHECK(read("=\0="sv) == "=\uFFFD");         // and within a unit
  CHECK(read(""sv).empty());
}

TEST_CASE("An input in UTF-16 is a log, and one in UTF-32 is not taken for it") {
  const auto probe = [](const std::string& text) {
    Result<Probe> found = ProbeSource(std::make_unique<test::StringSource>(text));
    REQUIRE(found.has_value());
    return std::move(*found);
  };
  const std::string utf16 = Utf16("[    1.5] Out of memory\n", kMarkLe);
  const Probe log = probe(utf16);
  CHECK(log.content == Content::kLog);
  CHECK(log.head == "[    1.5] Out of memory\n");
  CHECK(ReadAll(*log.source, 100) == log.head);
  const std::string mark(kMarkLe);
  CHECK(probe(mark).content == Content::kEmpty);
  CHECK_FALSE(IsUtf16("\xFF\xFE\0\0=\0\0\0"sv));
}

}  // namespace
}  // namespace kautopsy
