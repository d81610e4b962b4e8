#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "parsers/input/journal_file.h"
#include "parsers/input/unpack.h"
#include "tests/support/files.h"
#include "tests/support/import.h"
#include "tests/support/string_source.h"

namespace kautopsy {
namespace {

using test::Import;
using test::RecordedEvent;
using test::RecordedRow;
using test::TextSink;

struct ReadBack {
  std::string text;
  std::string error;
};

ReadBack ReadAll(ByteSource& source, std::size_t block_bytes = 100000) {
  ReadBack result;
  std::string block(block_bytes, '\0');
  while (true) {
    const Result<std::size_t> read = source.Read(block);
    if (!read) result.error = read.error().message;
    if (!read || *read == 0) return result;
    result.text.append(block, 0, *read);
  }
}

// The sample journal's bytes, without the unused space at its end, which has 7 MB.
const std::string& JournalBytes() {
  static const std::string kBytes = [] {
    const std::string packed = test::ReadFile("samples/journal/k.journal.xz");
    const auto source = Unpack(std::make_unique<test::StringSource>(packed), Packing::kXz);
    return ReadAll(*source).text;
  }();
  return kBytes;
}

// Where the hash table of the data ends, which is nearly empty, and the entries begin: offset and
// size of it stand in the header.
std::size_t ObjectsBegin() {
  uint64_t numbers[2] = {};
  std::memcpy(numbers, JournalBytes().data() + 104, sizeof numbers);
  return numbers[0] + numbers[1];
}

std::size_t UsedBytes() { return JournalBytes().find_last_not_of('\0') + 1; }

// A file of these bytes, which may be changed in place.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& bytes) {
    path_ = (std::filesystem::temp_directory_path() / "kautopsy_test.XXXXXX").string();
    const int fd = ::mkstemp(path_.data());
    REQUIRE(fd >= 0);
    ::close(fd);
    Write(bytes, 0);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { ::unlink(path_.c_str()); }

  void Write(std::string_view bytes, std::size_t offset) const {
    const int fd = ::open(path_.c_str(), O_WRONLY);
    const ssize_t written = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    CHECK(written == static_cast<ssize_t>(bytes.size()));
    ::close(fd);
  }
  void Cut(std::size_t size) const {
    CHECK(::truncate(path_.c_str(), static_cast<off_t>(size)) == 0);
  }

  ReadBack Read(std::size_t block_bytes = 100000) const {
    const auto source = OpenJournalFile(::open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    if (!source) return {"", source.error().message};
    return ReadAll(**source, block_bytes);
  }

 private:
  std::string path_;
};

std::size_t Entries(std::string_view text) {
  constexpr std::string_view kFirst = "__CURSOR=";
  std::size_t count = 0;
  for (std::size_t at = text.find(kFirst); at < text.size(); at = text.find(kFirst, at + 1))
    ++count;
  return count;
}

// Everything of the events but their places.
std::vector<std::string> Events(const std::string& text) {
  std::vector<std::string> events;
  const TextSink sink = Import(text);
  for (const RecordedEvent& event : sink.events()) {
    std::string& line = events.emplace_back(event.kind + " " + event.key + " " + event.title);
    for (const auto& [column, value] : event.facts.cells) line.append(column).append("=" + value);
    for (const RecordedRow& row : event.rows) {
      for (const auto& [column, value] : row.cells) {
        if (column != "log_line") line.append(column).append("=" + value);
      }
    }
  }
  return events;
}

TEST_CASE("A journal file is known by its first bytes") {
  CHECK(IsJournalFile(JournalBytes()));
  CHECK_FALSE(IsJournalFile("LPKSHHR"));
  CHECK_FALSE(IsJournalFile("__CURSOR=s=1"));
}

TEST_CASE("A journal file gives the events of its export") {
  const TemporaryFile file(JournalBytes());
  const ReadBack read = file.Read();
  CHECK(read.error.empty());
  const std::vector<std::string> events = Events(read.text);
  CHECK(events == Events(test::ReadFile("samples/formats/k.export")));
  CHECK(events.size() == 2);
}

TEST_CASE("A journal file gives the same in blocks of any size, and leaves nothing open") {
  const TemporaryFile file(JournalBytes());
  const std::string whole = file.Read().text;
  const auto descriptors = [] {
    const std::filesystem::directory_iterator open("/proc/self/fd");
    return std::distance(begin(open), end(open));
  };
  const auto before = descriptors();
  for (const std::size_t block : {7, 4096, 1 << 20}) CHECK((file.Read(block).text == whole));
  CHECK(descriptors() == before);
}

// A folder for temporary files that no other process uses.
class OwnFolder {
 public:
  OwnFolder() {
    path_ = (std::filesystem::temp_directory_path() / "kautopsy_test.XXXXXX").string();
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    ::setenv("TMPDIR", path_.c_str(), 1);
  }
  OwnFolder(const OwnFolder&) = delete;
  OwnFolder& operator=(const OwnFolder&) = delete;
  ~OwnFolder() {
    ::unsetenv("TMPDIR");
    std::filesystem::remove_all(path_);
  }
  bool empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::string path_;
};

TEST_CASE("A packed journal gives what its file gives, and leaves no file behind") {
  const std::string whole = TemporaryFile(JournalBytes()).Read().text;
  const OwnFolder folder;
  const std::string packed = test::ReadFile("samples/journal/k.journal.xz");
  for (const std::size_t missing : {0, 100}) {
    const std::string some = packed.substr(0, packed.size() - missing);
    const auto bytes = Unpack(std::make_unique<test::StringSource>(some), Packing::kXz);
    const auto source = OpenJournalStream(*bytes);
    REQUIRE(source.has_value());
    const ReadBack read = ReadAll(**source);
    CHECK((missing == 0 ? read.text == whole : read.text.size() <= whole.size()));
    CHECK(read.error.empty() == (missing == 0));
    CHECK_FALSE(folder.empty());  // while it is read
  }
  CHECK(folder.empty());
}

TEST_CASE("A journal that is cut anywhere gives what is left, and says what is not") {
  const TemporaryFile file(JournalBytes());
  const std::string whole = file.Read().text;
  std::size_t most = 0;
  constexpr std::size_t kPlaces = 20;
  for (std::size_t i = 1; i < kPlaces; ++i) {
    const std::size_t size = ObjectsBegin() + (UsedBytes() - ObjectsBegin()) * i / kPlaces;
    CAPTURE(size);
    file.Cut(0);
    file.Write(std::string_view(JournalBytes()).substr(0, size), 0);
    const ReadBack read = file.Read();
    CHECK(read.error.find(std::to_string(size) + " of 8388608 bytes") != std::string::npos);
    CHECK(Entries(read.text) < Entries(whole));
    most = std::max(most, Entries(read.text));
  }
  CHECK(most > Entries(whole) / 2);
}

TEST_CASE("A damaged journal gives its other entries, and says how many are missing") {
  const TemporaryFile file(JournalBytes());
  const std::size_t whole = Entries(file.Read().text);
  std::size_t damaged = 0;
  std::size_t kept = 0;
  constexpr std::size_t kPlaces = 50;
  const std::size_t step = (UsedBytes() - ObjectsBegin()) / kPlaces;
  for (const std::size_t hole : {1, 200}) {
    for (std::size_t at = ObjectsBegin() + 10; at < UsedBytes(); at += step) {
      CAPTURE(at);
      std::string damage = JournalBytes().substr(at, hole);
      for (char& byte : damage) byte = static_cast<char>(hole == 1 ? byte ^ 0x55 : 0);
      file.Write(damage, at);
      const ReadBack read = file.Read();
      file.Write(JournalBytes().substr(at, hole), at);
      kept += Entries(read.text);
      if (Entries(read.text) == whole) continue;
      ++damaged;
      CHECK_FALSE(read.error.empty());
    }
  }
  CHECK(damaged > 10);
  CHECK(kept > whole * kPlaces);  // half of all
  CHECK(Entries(file.Read().text) == whole);
}

TEST_CASE("What is no journal file, or nothing of one, is an error") {
  for (const std::string& bytes : {std::string("no journal"), JournalBytes().substr(0, 100)}) {
    const TemporaryFile file(bytes);
    CHECK_FALSE(file.Read().error.empty());
  }
}

}  // namespace
}  // namespace kautopsy
