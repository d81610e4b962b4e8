#include <doctest/doctest.h>
#include <sys/resource.h>

#include <csignal>
#include <memory>
#include <string>
#include <vector>

#include "parsers/input/source_walk.h"
#include "tests/support/pack.h"
#include "tests/support/string_source.h"

namespace kautopsy {
namespace {

using test::Pack;
using test::PackArchive;

constexpr uint64_t kPlenty = uint64_t{1} << 30;
constexpr long kMtime = 1416700000;

// Notes what it is shown, as "path: text" and so on.
class NotingVisitor final : public SourceVisitor {
 public:
  bool OnSource(const FoundSource& found, ByteSource& bytes) override {
    std::string text;
    std::string block(1000, '\0');
    while (true) {
      const Result<std::size_t> read = bytes.Read(block);
      if (!read) OnProblem(found, read.error().message);
      if (!read || *read == 0) break;
      text.append(block, 0, *read);
    }
    logs.push_back(found.path + ": " + text);
    mtimes.push_back(found.mtime);
    return logs.size() < stop_after;
  }
  void OnSkipped(const FoundSource& found, const std::string& reason) override {
    skipped.push_back(found.path + ": " + reason);
  }
  void OnProblem(const FoundSource& found, const std::string& problem) override {
    problems.push_back(found.path + ": " + problem);
  }

  std::vector<std::string> logs;
  std::vector<std::optional<int64_t>> mtimes;
  std::vector<std::string> skipped;
  std::vector<std::string> problems;
  std::size_t stop_after = 1000;
};

NotingVisitor WalkThrough(const std::string& input, uint64_t limit_bytes = kPlenty) {
  NotingVisitor visitor;
  ExpandLimit limit(limit_bytes);
  CHECK(WalkSources({.path = "in"}, std::make_unique<test::StringSource>(input, 1000),
                    {.limit = limit, .dump_reader = {}}, visitor));
  return visitor;
}

using Strings = std::vector<std::string>;

TEST_CASE("An archive's files are visited in their order, whatever its format and packing") {
  for (const char* format : {"v7tar", "ustar", "gnutar", "pax", "newc", "odc", "zip"}) {
    for (const char* filter : {"", "gzip", "xz"}) {
      CAPTURE(format);
      CAPTURE(filter);
      const std::string archive =
          PackArchive({{"log/b", "two"}, {"log/a", "one"}, {"empty", ""}}, format, kMtime);
      const NotingVisitor found = WalkThrough(*filter == '\0' ? archive : Pack(archive, filter));
      CHECK(found.logs == Strings{"in/log/b: two", "in/log/a: one"});
      CHECK(found.skipped == Strings{"in/empty: empty file"});
      CHECK(found.problems.empty());
      REQUIRE(found.mtimes.size() == 2);
      CHECK(found.mtimes[0] == kMtime);
    }
  }
}

TEST_CASE("Packed files and archives in archives are opened") {
  const std::string inner = PackArchive({{"messages.gz", Pack("deep", "gzip")}}, "ustar");
  const std::string outer = PackArchive(
      {{"plain", "text"}, {"inner.tar.xz", Pack(inner, "xz")}, {"after", "more"}}, "zip");
  const NotingVisitor found = WalkThrough(Pack(outer, "zstd"));
  CHECK(found.logs ==
        Strings{"in/plain: text", "in/inner.tar.xz/messages.gz: deep", "in/after: more"});
  CHECK(found.problems.empty());
}

TEST_CASE("Paths that lead out of an archive are labels and nothing else") {
  const NotingVisitor found = WalkThrough(PackArchive(
      {{"../../etc/passwd", "one"}, {"/etc/shadow", "two"}, {"./a", "three"}}, "ustar"));
  CHECK(found.logs == Strings{"in/../../etc/passwd: one", "in//etc/shadow: two", "in/a: three"});
}

TEST_CASE("What comes before the damage of an archive is kept") {
  const std::string one(3000, 'x');
  std::string archive = PackArchive({{"a", one}, {"b", one}, {"c", one}}, "ustar");
  SUBCASE("it ends within a file") {
    const NotingVisitor found = WalkThrough(archive.substr(0, 6000));
    REQUIRE(found.logs.size() == 2);
    CHECK(found.logs[0] == "in/a: " + one);
    CHECK(found.logs[1].size() > 6);
    CHECK_FALSE(found.problems.empty());
  }
  SUBCASE("a header in its middle is overwritten") {
    archive.replace(3584, 512, std::string(512, '?'));
    const NotingVisitor found = WalkThrough(archive);
    REQUIRE_FALSE(found.logs.empty());
    CHECK(found.logs[0] == "in/a: " + one);
    CHECK_FALSE(found.problems.empty());
  }
  SUBCASE("its packed data is damaged") {
    std::string packed = Pack(archive, "gzip");
    packed.resize(packed.size() / 2);
    const NotingVisitor found = WalkThrough(packed);
    CHECK_FALSE(found.problems.empty());
  }
}

TEST_CASE("A decompression bomb is read no further than the limit, and named") {
  constexpr uint64_t kMiB = 1 << 20;
  const std::string zeros(64 * kMiB, '0');
  SUBCASE("in layers") {
    const NotingVisitor found = WalkThrough(Pack(Pack(zeros, "gzip"), "gzip"), 10 * kMiB);
    REQUIRE(found.problems.size() == 1);
    CHECK(found.problems[0].find("--max-expand") != std::string::npos);
    REQUIRE(found.logs.size() == 1);
    CHECK(found.logs[0].size() <= 10 * kMiB + 4);
  }
  SUBCASE("in many files") {
    const std::string bomb = Pack(zeros, "gzip");
    const NotingVisitor found =
        WalkThrough(PackArchive({{"a", bomb}, {"b", bomb}, {"c", bomb}}, "ustar"), 100 * kMiB);
    CHECK(found.logs.size() == 2);
    CHECK(found.problems.size() == 1);
  }
  SUBCASE("packed for ever") {
    std::string packed = "x";
    for (int layer = 0; layer < 9; ++layer) packed = Pack(packed, "gzip");
    const NotingVisitor found = WalkThrough(packed);
    CHECK(found.logs.empty());
    CHECK(found.problems == Strings{"in: packed more than 8 times; not read"});
  }
}

TEST_CASE("A visitor that has enough ends the walk") {
  NotingVisitor visitor;
  visitor.stop_after = 1;
  ExpandLimit limit(kPlenty);
  const std::string archive = PackArchive({{"a", "1"}, {"b", "2"}}, "ustar");
  CHECK_FALSE(WalkSources({.path = "in"}, std::make_unique<test::StringSource>(archive, 1000),
                          {.limit = limit, .dump_reader = {}}, visitor));
  CHECK(visitor.logs.size() == 1);
}

// Files of this process get no larger while it lives, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, SIG_IGN);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }

 private:
  rlimit before_ = {};
};

TEST_CASE("No room to unpack a crash dump is told as that, and not as damage of the dump") {
  std::string dump =
      "\x7F"
      "ELF\x02\x01\x01";
  dump.resize(16);
  dump += '\x04';  // ET_CORE
  dump.resize(1 << 20);
  const FullDisk full(64 << 10);
  const NotingVisitor found = WalkThrough(Pack(dump, "gzip"));
  CHECK(found.logs.empty());
  REQUIRE(found.problems.size() == 1);
  CHECK(found.problems[0].starts_with("in: cannot write a temporary file in "));
}

}  // namespace
}  // namespace kautopsy
