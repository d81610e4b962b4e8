#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "parsers/input/pstore.h"
#include "tests/support/string_source.h"

namespace kautopsy {
namespace {

using Names = std::vector<std::string>;

// The records as "title: name name", and what else was found, in all orders of the files.
std::vector<std::string> Sorted(std::vector<PstoreFile> files) {
  std::vector<std::string> first;
  for (std::size_t turn = 0; turn <= files.size(); ++turn) {
    const PstoreFolder folder = SortPstore(files);
    std::vector<std::string> text;
    for (const PstoreRecord& record : folder.records) {
      text.push_back(record.title + ":");
      for (const std::string& name : record.names) text.back() += " " + name.substr(6);
      for (const unsigned part : record.missing) text.back() += " -" + std::to_string(part);
    }
    for (const PstoreProblem& problem : folder.problems) text.push_back("problem: " + problem.name);
    for (const std::string& name : folder.duplicates) text.push_back("duplicate: " + name);
    for (const std::string& name : folder.others) text.push_back("other: " + name);
    if (turn == 0) first = text;
    CHECK(text == first);
    std::rotate(files.begin(), files.begin() + (files.empty() ? 0 : 1), files.end());
    if (turn == files.size() / 2) std::ranges::reverse(files);
  }
  return first;
}

std::string Joined(const std::vector<std::string>& texts, std::size_t per_read,
                   std::size_t block_bytes) {
  std::vector<std::unique_ptr<ByteSource>> parts;
  parts.reserve(texts.size());
  for (const std::string& text : texts)
    parts.push_back(std::make_unique<test::StringSource>(text, per_read));
  const std::unique_ptr<ByteSource> source = JoinPstore(std::move(parts));
  std::string log;
  std::string block(block_bytes, '\0');
  while (true) {
    const Result<std::size_t> read = source->Read(block);
    REQUIRE(read.has_value());
    if (*read == 0) return log;
    log.append(block, 0, *read);
  }
}

TEST_CASE("EFI's parts of a dump are read from the last to the first") {
  CHECK(Sorted({{"dmesg-efi-164341160101001", "Panic#1 Part1"},
                {"dmesg-efi-164341160102001", "Panic#1 Part2"},
                {"dmesg-efi-164341160110001", "Panic#1 Part10"},
                {"dmesg-efi-164341160109001", "Panic#1 Part9"}}) ==
        Names{"Panic#1: efi-164341160110001 efi-164341160109001 efi-164341160102001 "
              "efi-164341160101001 -3 -4 -5 -6 -7 -8"});
}

TEST_CASE("A dump whose storing went over a second's end is one, an oops before it another") {
  CHECK(Sorted({{"dmesg-efi_pstore-164341160101001", "Oops#1 Part1"},
                {"dmesg-efi_pstore-164341160102001", "Oops#1 Part2"},
                {"dmesg-efi_pstore-164341160101002", "Panic#2 Part1"},
                {"dmesg-efi_pstore-164341160202002", "Panic#2 Part2"}}) ==
        Names{"Oops#1: efi_pstore-164341160102001 efi_pstore-164341160101001",
              "Panic#2: efi_pstore-164341160202002 efi_pstore-164341160101002"});
}

TEST_CASE("The first panic of two boots are two, even if the second lacks its first part") {
  CHECK(Sorted({{"dmesg-efi-164341160101001", "Panic#1 Part1"},
                {"dmesg-efi-164341160102001", "Panic#1 Part2"},
                {"dmesg-efi-164349990103001", "Panic#1 Part3"}}) ==
        Names{"Panic#1: efi-164341160102001 efi-164341160101001",
              "Panic#1: efi-164349990103001 -1 -2"});
  // ERST numbers records one after the other, from the time of the boot in the upper half on.
  CHECK(Sorted({{"dmesg-erst-7060000000000000001", "Panic#1 Part1"},
                {"dmesg-erst-7060000000000000002", "Panic#1 Part2"},
                {"dmesg-erst-7069000000000000003", "Panic#1 Part3"}}) ==
        Names{"Panic#1: erst-7060000000000000002 erst-7060000000000000001",
              "Panic#1: erst-7069000000000000003 -1 -2"});
}

TEST_CASE("ERST's numbers may lie beyond the signed ones") {
  CHECK(Sorted({{"dmesg-erst-9223372036854775807", "Oops#1 Part1"},
                {"dmesg-erst-9223372036854775809", "Panic#2 Part1"}}) ==
        Names{"Oops#1: erst-9223372036854775807", "Panic#2: erst-9223372036854775809"});
}

TEST_CASE("Backends that number places keep one part of each dump") {
  CHECK(Sorted({{"dmesg-ramoops-1", "Panic#1 Part1"},
                {"dmesg-ramoops-0", "Panic#1 Part1"},
                {"console-ramoops-0", "[    0.000000] Linux version"},
                {"dmesg-pstore_blk-0", "Panic: Total 1 times"},
                {"dmesg-nvram-2", "<6>[    0.000000] text"}}) ==
        Names{": nvram-2", ": pstore_blk-0", "Panic#1: ramoops-0", "Panic#1: ramoops-1",
              "other: console-ramoops-0"});
}

TEST_CASE("EFI's numbers tell parts that have no head") {
  CHECK(Sorted({{"dmesg-efi-164341160101001", "torn"}, {"dmesg-efi-164341160102001", ""}}) ==
        Names{": efi-164341160102001 efi-164341160101001"});
}

TEST_CASE("systemd's log of the parts is not counted beside them, but for itself") {
  CHECK(Sorted({{"dmesg.txt", "Panic#1 Part2"}, {"dmesg-erst-5", "Panic#1 Part1"}}) ==
        Names{"Panic#1: erst-5", "duplicate: dmesg.txt"});
  CHECK(Sorted({{"dmesg.txt", "Panic#1 Part2"}}) == Names{"other: dmesg.txt"});
}

TEST_CASE("What the kernel could not unpack is a problem, and other names are left alone") {
  CHECK(Sorted({{"dmesg-efi-164341160101001.enc.z", "x"},
                {"dmesg-erst-", ""},
                {"dmesg-5", ""},
                {"dmesg-erst--5", ""},
                {"messages", "Panic#1 Part1"}}) ==
        Names{"problem: dmesg-efi-164341160101001.enc.z", "other: dmesg-5", "other: dmesg-erst-",
              "other: dmesg-erst--5", "other: messages"});
  CHECK(SortPstore({}).records.empty());
}

TEST_CASE("Parts are joined without their heads, however they are read") {
  const std::vector<std::string> parts = {
      "Panic#1 Part3\n<4>[    1.0] one\n<4>[    1.1] two\n", "Panic#1 Part2\n<4>[    1.2] three",
      "", "Panic#1 Part1\n<4>[    1.3] Panic#1 Part1 is text here\nPanic#1 Parts\n"};
  const std::string log =
      "<4>[    1.0] one\n<4>[    1.1] two\n<4>[    1.2] three\n"
      "<4>[    1.3] Panic#1 Part1 is text here\nPanic#1 Parts\n";
  for (const std::size_t per_read : {1, 2, 7, 1000}) {
    for (const std::size_t block : {1, 5, 1000}) CHECK(Joined(parts, per_read, block) == log);
  }
}

TEST_CASE("Long lines and a log without a last newline come through") {
  const std::string line(300000, 'x');
  CHECK((Joined({line + "\nOops#12 Part1\n" + line}, 1000, 4096) == line + "\n" + line + "\n"));
  CHECK(Joined({}, 1, 1).empty());
  CHECK(Joined({"Oops#12 Part1\n"}, 1, 1).empty());
  CHECK(Joined({"Oops#12 Part1"}, 1, 1).empty());
}

TEST_CASE("Heads and names inside systemd's log are left out") {
  CHECK(
      Joined({"dmesg-efi-164341160102001:\nPanic#1 Part2\none\ndmesg-efi-164341160101001:\nPanic#1 "
              "Part1\ntwo\n"},
             3, 9) == "one\ntwo\n");
}

class BrokenSource final : public ByteSource {
 public:
  Result<std::size_t> Read(std::span<char> /*block*/) override { return Fail("gone"); }
};

TEST_CASE("A part that cannot be read does not stop the others, and is told at the end") {
  const std::string text = "Oops#1 Part1\none\n";
  std::vector<std::unique_ptr<ByteSource>> parts;
  parts.push_back(std::make_unique<BrokenSource>());
  parts.push_back(std::make_unique<test::StringSource>(text));
  const std::unique_ptr<ByteSource> source = JoinPstore(std::move(parts));
  std::string block(100, '\0');
  REQUIRE(source->Read(block).value() == 4);
  CHECK(block.starts_with("one\n"));
  const Result<std::size_t> end = source->Read(block);
  REQUIRE_FALSE(end.has_value());
  CHECK(end.error().message == "gone");
}

}  // namespace
}  // namespace kautopsy
