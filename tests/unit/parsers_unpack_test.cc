#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "parsers/input/unpack.h"
#include "tests/support/pack.h"
#include "tests/support/string_source.h"

namespace kautopsy {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using test::Pack;

// A log of 440 KB is several blocks in each.
struct Packer {
  const char* filter;
  const char* options;
  std::size_t tail;  // [bytes] less than what stands behind the last of the data
};
constexpr Packer kPackers[] = {{"gzip", "", 4}, {"bzip2", "bzip2:compression-level=1", 4},
                               {"xz", "", 30},  {"lzma", "", 4},
                               {"zstd", "", 0}, {"lz4", "lz4:block-size=4", 4}};

struct Unpacked {
  std::string text;
  std::string error;
};

Unpacked UnpackAll(const std::string& packed, std::size_t per_read, std::size_t block_bytes) {
  const std::unique_ptr<ByteSource> source =
      Unpack(std::make_unique<test::StringSource>(packed, per_read), PackingOf(packed));
  Unpacked result;
  std::string block(block_bytes, '\0');
  while (true) {
    const Result<std::size_t> read = source->Read(block);
    if (!read) result.error = read.error().message;
    if (!read || *read == 0) return result;
    result.text.append(block, 0, *read);
  }
}

std::string LongText() {
  std::string text;
  for (int i = 0; i < 40000; ++i) text += "line " + std::to_string(i * 7919 % 100003) + "\n";
  return text;
}

TEST_CASE("What is packed is known by its first bytes, and unpacked whole") {
  const std::string text = LongText();
  for (const Packer& packer : kPackers) {
    const std::string filter = packer.filter;
    CAPTURE(filter);
    const std::string packed = Pack(text, packer.filter, packer.options);
    REQUIRE(PackingOf(packed) != Packing::kNone);
    for (const std::size_t per_read : {std::size_t{1000}, packed.size()}) {
      for (const std::size_t block : {std::size_t{1}, std::size_t{777}, text.size() * 2}) {
        if (block == 1 && per_read == packed.size()) continue;  // slow, and tells nothing new
        const Unpacked unpacked = UnpackAll(packed, per_read, block);
        CHECK(unpacked.error.empty());
        CHECK((unpacked.text == text));  // in brackets: not printed
      }
    }
  }
  CHECK(PackingOf("Nov 20 12:42:42 h kernel: gzip") == Packing::kNone);
  CHECK(PackingOf("") == Packing::kNone);
}

std::string WithoutTail(std::string packed, const Packer& packer) {
  constexpr std::size_t kZstdFlags = 4;
  constexpr char kSumFollows = 1 << 2;  // RFC 8878, 3.1.1.1.1
  if (packer.filter == "zstd"sv) packed[kZstdFlags] |= kSumFollows;
  return packed.substr(0, packed.size() - packer.tail);
}

TEST_CASE("Packed data that ends too early gives what it holds, then an error") {
  for (const std::string& text : {LongText(), std::string("one line\n")}) {
    for (const Packer& packer : kPackers) {
      const std::string filter = packer.filter;
      CAPTURE(filter);
      const std::string packed = Pack(text, packer.filter, packer.options);
      for (const std::size_t block : {std::size_t{777}, text.size() * 2}) {
        const Unpacked no_tail = UnpackAll(WithoutTail(packed, packer), 1000, block);
        CHECK((no_tail.text == text));  // in brackets: not printed
        CHECK(no_tail.error.find("ends too early") != std::string::npos);
        const Unpacked half = UnpackAll(packed.substr(0, packed.size() / 2), packed.size(), block);
        CHECK(text.starts_with(half.text));
        if (text.size() > 1000) CHECK(half.text.size() > text.size() / 4);
        CHECK(half.error.find("ends too early") != std::string::npos);
      }
    }
  }
}

TEST_CASE("Damage in packed data is told, and what stands before it is kept") {
  const std::string text = LongText();
  for (const Packer& packer : kPackers) {
    const std::string filter = packer.filter;
    CAPTURE(filter);
    std::string packed = Pack(text, packer.filter, packer.options);
    packed.replace(packed.size() / 2, 64, std::string(64, '\xFF'));
    for (const std::size_t per_read : {std::size_t{1000}, packed.size()}) {
      for (const std::size_t block : {std::size_t{777}, text.size() * 2}) {
        const Unpacked unpacked = UnpackAll(packed, per_read, block);
        CHECK(unpacked.text.size() > text.size() / 4);
        CHECK(unpacked.text.substr(0, text.size() / 4) == text.substr(0, text.size() / 4));
        CHECK_FALSE(unpacked.error.empty());
      }
    }
  }
}

TEST_CASE("Packed files that were joined are one, and NULs behind the end are nothing") {
  for (const Packer& packer : kPackers) {
    const std::string filter = packer.filter;
    CAPTURE(filter);
    const std::string one = Pack("one\n", packer.filter);
    const std::string two = Pack("two\n", packer.filter);
    // The first one's end, which a library may have read beyond, is cut at each of its bytes.
    for (std::size_t per_read = 1; per_read <= one.size() + 1; ++per_read) {
      const Unpacked joined = UnpackAll(one + two, per_read, 100);
      CHECK(joined.text == "one\ntwo\n");
      CHECK(joined.error.empty());
      const Unpacked padded = UnpackAll(one + std::string(512, '\0'), per_read, 100);
      CHECK(padded.text == "one\n");
      CHECK(padded.error.empty());
      const Unpacked followed = UnpackAll(one + "Some text\n", per_read, 100);
      CHECK(followed.text == "one\n");
      CHECK(followed.error.find("other data follows") != std::string::npos);
    }
  }
}

TEST_CASE("Frames without data may stand before those of zstd and lz4") {
  const std::string skipped("\x5A\x2A\x4D\x18\x04\0\0\0abcd"sv);
  for (const char* filter : {"zstd", "lz4"}) {
    CAPTURE(filter);
    const std::string one = Pack("one\n", filter);
    for (const std::size_t per_read : {std::size_t{1}, std::size_t{1000}}) {
      std::string packed = skipped;
      for (const std::string& part : {skipped, one, skipped, one, skipped}) packed += part;
      const Unpacked unpacked = UnpackAll(packed, per_read, 100);
      CHECK(unpacked.text == "one\none\n");
      CHECK(unpacked.error.empty());
    }
  }
  CHECK(PackingOf(skipped + "text") == Packing::kNone);
}

TEST_CASE("The first format of lz4 is read") {
  // A block of 14 literals: lz4_Block_format.md.
  const std::string text = "one long line\n";
  const std::string block = "\x0F\0\0\0\xE0"s + text;
  const std::string packed = "\x02\x21\x4C\x18" + block;
  CHECK(UnpackAll(packed + block, 1000, 100).text == text + text);
  const Unpacked cut = UnpackAll(packed + block.substr(0, 9), 1000, 100);
  CHECK(cut.text == text);
  CHECK_FALSE(cut.error.empty());
}

TEST_CASE("A log that begins like lzma is none") {
  CHECK(PackingOf("]\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv) == Packing::kNone);
  CHECK(PackingOf("] Out of memory: Kill process 42") == Packing::kNone);
}

// A zstd frame of `mib` MiB of zeros, as RFC 8878 has it: a window of 2^`window_log` bytes, and
// blocks of 128 KiB that repeat one byte.
std::string ZstdOfZeros(std::size_t mib, unsigned window_log) {
  std::string packed("\x28\xB5\x2F\xFD\0"sv);  // of its header, nothing but the window
  packed += static_cast<char>((window_log - 10) << 3);
  for (std::size_t left = mib * 8; left-- > 0;) {
    const uint32_t header = (left == 0 ? 1 : 0) | 1 << 1 | 0x20000 << 3;
    for (const unsigned shift : {0, 8, 16}) packed += static_cast<char>(header >> shift);
    packed += '0';
  }
  return packed;
}

TEST_CASE("Before much memory is taken, one is asked once") {
  const auto asked = [](std::size_t mib, unsigned window_log) {
    const std::string packed = ZstdOfZeros(mib, window_log);
    int times = 0;
    std::size_t size = 0;
    const std::unique_ptr<ByteSource> source =
        Unpack(std::make_unique<test::StringSource>(packed), PackingOf(packed), [&] {
          ++times;
          CHECK(size <= kUsualWindowBytes + (1 << 20));
        });
    std::string block(65536, '\0');
    for (std::size_t read = 1; read > 0; size += read) read = source->Read(block).value();
    CHECK(size == mib << 20);
    return times;
  };
  CHECK(asked(20, 25) == 1);
  CHECK(asked(20, 23) == 0);  // it goes round in 8 MiB
  CHECK(asked(1, 25) == 0);   // and is never full
}

TEST_CASE("What needs more memory than is taken says how to unpack it") {
  const Unpacked zstd = UnpackAll(ZstdOfZeros(1, 31), 1000, 100);
  CHECK(zstd.text.empty());
  CHECK(zstd.error.find("zstd -dc --long=31 FILE | kautopsy -") != std::string::npos);
  std::string packed = Pack("one\n", "lzma");
  packed.replace(1, 4, "\0\0\0\x40"sv);  // the dictionary: 1 GiB
  const Unpacked lzma = UnpackAll(packed, 1000, 100);
  CHECK(lzma.text.empty());
  CHECK(lzma.error.find("xz -dc --format=lzma FILE | kautopsy -") != std::string::npos);
}

}  // namespace
}  // namespace kautopsy
