#include <doctest/doctest.h>

#include <memory>
#include <string>

#include "parsers/input/unpack.h"
#include "tests/support/pack.h"
#include "tests/support/string_source.h"

namespace kautopsy {
namespace {

using test::Pack;

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
  for (const char* filter : {"gzip", "bzip2", "xz", "zstd", "lz4"}) {
    CAPTURE(filter);
    const std::string packed = Pack(text, filter);
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

TEST_CASE("Packed data that ends too early gives what it holds, then an error") {
  const std::string text = LongText();
  for (const char* filter : {"gzip", "bzip2", "xz", "zstd", "lz4"}) {
    CAPTURE(filter);
    const std::string packed = Pack(text, filter);
    for (const std::size_t size : {packed.size() / 2, packed.size() - 1, std::size_t{16}}) {
      const Unpacked unpacked = UnpackAll(packed.substr(0, size), 1000, 4096);
      CHECK_FALSE(unpacked.error.empty());
      CHECK(text.starts_with(unpacked.text));
    }
  }
  const std::string gzip = Pack(text, "gzip");
  CHECK(UnpackAll(gzip.substr(0, gzip.size() / 2), 1000, 4096).text.size() > text.size() / 3);
}

TEST_CASE("Damaged gzip data is told, and nothing is read behind the damage for ever") {
  std::string packed = Pack(LongText(), "gzip");
  packed[packed.size() / 2] = static_cast<char>(packed[packed.size() / 2] ^ 0x55);
  CHECK_FALSE(UnpackAll(packed, 1000, 4096).error.empty());
}

TEST_CASE("Files of gzip that were joined are one, and NULs behind the end are nothing") {
  const std::string one = Pack("one\n", "gzip");
  const std::string two = Pack("two\n", "gzip");
  for (const std::size_t per_read : {std::size_t{1}, std::size_t{1000}}) {
    const Unpacked joined = UnpackAll(one + two, per_read, 100);
    CHECK(joined.text == "one\ntwo\n");
    CHECK(joined.error.empty());
    const Unpacked padded = UnpackAll(one + std::string(512, '\0'), per_read, 100);
    CHECK(padded.text == "one\n");
    CHECK(padded.error.empty());
    const Unpacked followed = UnpackAll(one + "no gzip\n", per_read, 100);
    CHECK(followed.text == "one\n");
    CHECK_FALSE(followed.error.empty());
  }
}

}  // namespace
}  // namespace kautopsy
