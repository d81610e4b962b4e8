#include <doctest/doctest.h>
#include <sys/wait.h>

#include <csignal>
#include <memory>
#include <string>

#include "parsers/input/isolated_source.h"
#include "tests/support/string_source.h"

namespace kautopsy {
namespace {

constexpr std::size_t kLong = 1 << 20;

// Gives a text, then ends the process by a signal, or waits for ever.
class DyingSource final : public ByteSource {
 public:
  DyingSource(std::string text, int signal) : text_(std::move(text)), signal_(signal) {}

  Result<std::size_t> Read(std::span<char> block) override {
    if (Result<std::size_t> read = source_.Read(block); *read > 0) return read;
    ::raise(signal_);
    return 0;
  }

 private:
  std::string text_;
  test::StringSource source_{text_};
  int signal_;
};

struct ReadBack {
  std::string text;
  std::string error;
};

ReadBack ReadAll(ByteSource& source) {
  ReadBack result;
  std::string block(777, '\0');
  while (true) {
    const Result<std::size_t> read = source.Read(block);
    if (!read) result.error = read.error().message;
    if (!read || *read == 0) return result;
    result.text.append(block, 0, *read);
  }
}

TEST_CASE("What a process reads arrives whole and in order") {
  std::string text;
  while (text.size() < kLong) text += std::to_string(text.size()) + "\n";
  const auto source = OpenIsolated([&]() -> Result<std::unique_ptr<ByteSource>> {
    return std::make_unique<test::StringSource>(text, 1000);
  });
  REQUIRE(source.has_value());
  const ReadBack read = ReadAll(**source);
  CHECK((read.text == text));
  CHECK(read.error.empty());
}

TEST_CASE("A crash of the process that reads is an error behind what was read") {
  for (const int signal : {SIGSEGV, SIGABRT, SIGBUS}) {
    const auto source = OpenIsolated([&]() -> Result<std::unique_ptr<ByteSource>> {
      return std::make_unique<DyingSource>("good\n", signal);
    });
    REQUIRE(source.has_value());
    const ReadBack read = ReadAll(**source);
    CHECK(read.text == "good\n");
    CHECK(read.error.find("signal " + std::to_string(signal)) != std::string::npos);
    CHECK_FALSE((*source)->Read({}).has_value());
  }
}

TEST_CASE("A crash while a source is opened, or an error, is an error of opening it") {
  const auto crashed = OpenIsolated([]() -> Result<std::unique_ptr<ByteSource>> {
    ::raise(SIGSEGV);
    return Fail("not reached");
  });
  REQUIRE_FALSE(crashed.has_value());
  CHECK(crashed.error().message.find("signal 11") != std::string::npos);
  const auto refused =
      OpenIsolated([]() -> Result<std::unique_ptr<ByteSource>> { return Fail("no such thing"); });
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message == "no such thing");
}

TEST_CASE("No process outlives its source") {
  const std::string text(kLong, 'x');  // more than a pipe holds: it waits for a reader
  {
    const auto source = OpenIsolated([&]() -> Result<std::unique_ptr<ByteSource>> {
      return std::make_unique<test::StringSource>(text);
    });
    REQUIRE(source.has_value());
  }
  CHECK(::waitpid(-1, nullptr, WNOHANG) == -1);
}

}  // namespace
}  // namespace kautopsy
