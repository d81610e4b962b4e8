#include <doctest/doctest.h>
#include <fmt/core.h>

#include <string>
#include <string_view>
#include <vector>

#include "parsers/input/chunk_reader.h"
#include "parsers/input/noise.h"
#include "parsers/input/scan_pipeline.h"
#include "parsers/kernel/kinds.h"
#include "tests/support/string_source.h"

namespace kautopsy {
namespace {

std::string Numbered(int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i)
    text += "Nov 20 12:42:42 h kernel: line " + std::to_string(i) + "\n";
  return text;
}

TEST_CASE("Chunks end at line ends and hold the whole source, whatever their size") {
  const std::string text = Numbered(50) + "the last line has no newline";
  for (const std::size_t chunk_bytes : {1, 2, 7, 64, 500, 100000}) {
    test::StringSource source(text, 3);
    ChunkReader reader(source, chunk_bytes);
    std::string read;
    Chunk chunk;
    while (reader.Next(chunk)) {
      CHECK_FALSE(chunk.cut);
      CHECK((chunk.bytes().ends_with('\n') || chunk.unterminated));
      read += chunk.bytes();
    }
    CHECK(read == text);
    CHECK(reader.bytes() == text.size());
  }
}

TEST_CASE("A line longer than a line may be is cut, and the next one is whole") {
  const std::string text = std::string(3 * ChunkReader::kMaxLineBytes, 'x') + "\nnext\n";
  test::StringSource source(text);
  ChunkReader reader(source);
  Chunk chunk;
  REQUIRE(reader.Next(chunk));
  CHECK(chunk.cut);
  CHECK(chunk.size == ChunkReader::kMaxLineBytes);
  REQUIRE(reader.Next(chunk));
  CHECK(chunk.bytes() == "next\n");
  CHECK_FALSE(reader.Next(chunk));
  CHECK(reader.bytes() == text.size());
}

TEST_CASE("A line is not too long by a hole of NULs in it, wherever the reads end") {
  const std::string hole(3 * ChunkReader::kMaxLineBytes, '\0');
  const std::string text = "a\nb" + hole + "c\nd\n" + hole + "\n" + hole + "e";
  for (const std::size_t per_read : {std::size_t{4099}, text.size()}) {
    test::StringSource source(text, per_read);
    ChunkReader reader(source, 50000);
    Chunk chunk;
    std::string read;
    while (reader.Next(chunk)) {
      CHECK_FALSE(chunk.cut);
      read += chunk.bytes();
    }
    CHECK(read == std::string("a\nb\0c\nd\n\0\n\0e", 12));
    CHECK(reader.bytes() == text.size());
  }
}

TEST_CASE("Of a long line that holes are not to blame for, the beginning is read") {
  std::string text(2 * ChunkReader::kMaxLineBytes, 'x');
  for (std::size_t i = 0; i < text.size(); i += 5) text.replace(i, 2, 2, '\0');
  text += "\nnext\n";
  test::StringSource source(text);
  ChunkReader reader(source);
  Chunk chunk;
  REQUIRE(reader.Next(chunk));
  CHECK(chunk.cut);
  CHECK(chunk.size > ChunkReader::kMaxLineBytes / 2);
  REQUIRE(reader.Next(chunk));
  CHECK(chunk.bytes() == "next\n");
}

TEST_CASE("Equal bytes have equal content hashes, however they are read") {
  const std::string text = Numbered(1000);
  std::string first;
  for (const std::size_t per_read : {1U, 100U, 1000000U}) {
    test::StringSource source(text, per_read);
    ChunkReader reader(source, 999);
    Chunk chunk;
    while (reader.Next(chunk)) {
    }
    if (first.empty()) first = reader.ContentHash();
    CHECK(reader.ContentHash() == first);
  }
}

TEST_CASE("The scanner counts lines, finds opener words and second prefixes, and keeps the order") {
  const std::string text =
      "Nov 20 12:42:42 h sshd[7]: Killed process is no kernel line\n"
      "Nov 20 12:42:42 h kernel: usb 1-1: new device\n"
      "Nov 20 12:42:42 h kernel: Killed process 1\n"
      "Nov 20 12:42:42 h kernel: a Nov 20 12:42:42 h kernel: b\n"
      "bare text\n";
  for (const unsigned threads : {0U, 1U, 3U}) {
    test::StringSource source(text);
    const std::vector<OpenerWord> list = {{"Killed process", 3}};
    const OpenerWords words(list);
    ScanPipeline pipeline(source, words, threads, 50);
    std::vector<std::string> seen;
    uint64_t lines = 0;
    uint64_t others = 0;
    ScannedChunk scanned;
    while (pipeline.Next(scanned)) {
      for (const Candidate& candidate : scanned.candidates) {
        seen.push_back(std::to_string(lines + candidate.line) + (candidate.kernel ? "k" : "") +
                       (candidate.noise ? "n" : "") + (candidate.openers == 8 ? "o" : "") +
                       (candidate.joined ? "j" : ""));
      }
      lines += scanned.lines;
      others += scanned.not_kernel;
    }
    CHECK(lines == 5);
    CHECK(others == 1);
    CHECK(seen == std::vector<std::string>{"1kn", "2ko", "3kj", "4"});
  }
}

TEST_CASE("A line is plain unless something behind its prefix is undone") {
  const std::string prefix = "Nov 20 12:42:42 h kernel: ";
  const auto plain_lines = [](const std::string& text) {
    test::StringSource source(text);
    const std::vector<OpenerWord> list = {{"Killed process", 3}};
    const OpenerWords words(list);
    ScanPipeline pipeline(source, words, 1, 1000);
    ScannedChunk scanned;
    REQUIRE(pipeline.Next(scanned));
    std::string plain;
    for (const Candidate& candidate : scanned.candidates) plain += candidate.plain ? '1' : '0';
    return plain;
  };
  const std::string opener = prefix + "Killed process\n";
  CHECK(plain_lines(opener + "bare\n" + prefix + "b #1\n") == "101");
  CHECK(plain_lines(opener + "Nov 20 12:42:42 h sshd[7]: a&b\n") == "1");
  for (const std::string text : {"a&lt;", "\x1b[0m", "a\xC2\xA0", "a#012b", "a\\x0ab", "&&#0\\"}) {
    CAPTURE(text);
    const std::string marked = fmt::format("{}{}\n", prefix, text);
    CHECK(plain_lines(fmt::format("{}{}{}", opener, marked, opener)) == "101");
    CHECK(plain_lines(fmt::format("{0}{0}{1}{2}\n{0}", marked, opener, text)) == "00100");
  }
}

// Vectorscan has two ways to search. One word can tip it over to the other one, which takes 60 ms
// of every start instead of 8 and four times the memory. Shorten the word that was added last.
TEST_CASE("The search for all openers is small, and set up quickly") {
  const OpenerWords words(OpenerWordsOf(AllKinds()));
  CHECK(words.bytes() < 150000);
}

TEST_CASE("Noise is told by its first word, behind an uptime too") {
  CHECK(IsKnownNoise("usb 1-1: new high-speed USB device"));
  CHECK(IsKnownNoise("[   12.345678] audit: type=1400 audit(1.2:3): x"));
  CHECK_FALSE(IsKnownNoise("usbcore: registered new driver"));
  CHECK_FALSE(IsKnownNoise("[<ffffffff8112f64a>] ? f+0x1/0x2"));
  CHECK_FALSE(IsKnownNoise("EXT4-fs error (device sda1): x"));
  CHECK(IsKnownNoise("sysrq: Show Memory"));
  CHECK_FALSE(IsKnownNoise("sysrq: Trigger a crash"));
}

TEST_CASE("A blank line of the kernel is noise") {
  CHECK(IsKnownNoise(""));
  CHECK(IsKnownNoise("[ 1637.147137]"));
  CHECK(IsKnownNoise("[ 1134.895506] "));
}

}  // namespace
}  // namespace kautopsy
