#include <doctest/doctest.h>
#include <fcntl.h>

#include <chrono>
#include <string>

#include "parsers/input/dump_process.h"

namespace kautopsy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

ChildProcess::Program Shell(const std::string& script, milliseconds patience = seconds(60)) {
  return {.command = {"/bin/sh", "-c", script}, .failure = "it is broken", .patience = patience};
}

struct Output {
  std::string text;
  std::string error;
};

Output ReadAll(ByteSource& source) {
  Output output;
  std::string block(1000, '\0');
  while (true) {
    const Result<std::size_t> read = source.Read(block);
    if (!read) output.error = read.error().message;
    if (!read || *read == 0) return output;
    output.text.append(block, 0, *read);
  }
}

Output Run(const ChildProcess::Program& program) {
  const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Result<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(program, nothing.get());
  REQUIRE(child.has_value());
  return ReadAll(**child);
}

TEST_CASE("What a program prints is read to its end") {
  const Output output = Run(Shell("echo one; echo two"));
  CHECK(output.text == "one\ntwo\n");
  CHECK(output.error.empty());
  CHECK(Run(Shell("seq 100000 | tail -n 1")).text == "100000\n");
}

TEST_CASE("A program's failure is an error behind what it printed") {
  const Output told = Run(Shell("echo one; echo 'no such thing' >&2; exit 1"));
  CHECK(told.text == "one\n");
  CHECK(told.error == "no such thing");
  const Output silent = Run(Shell("exit 3"));
  CHECK(silent.error == "it is broken: reading it ended with exit code 3");
  const Output crashed = Run(Shell("echo one; kill -SEGV $$"));
  CHECK(crashed.text == "one\n");
  CHECK(crashed.error.starts_with("it is broken: reading it ended by signal 11"));
}

TEST_CASE("A program that complains much does not wait for us") {
  const Output output = Run(Shell("seq 100000 >&2; echo one; exit 1"));
  CHECK(output.text == "one\n");
  CHECK(output.error.size() <= 4096);
}

TEST_CASE("A program that hangs is killed, before its output ends and behind it") {
  const auto begin = steady_clock::now();
  const Output output = Run(Shell("echo one; exec sleep 100", milliseconds(100)));
  CHECK(output.text == "one\n");
  CHECK(output.error.starts_with("it is broken: reading it gave nothing"));
  const Output behind = Run(Shell("echo one; exec sleep 100 >/dev/null", milliseconds(100)));
  CHECK(behind.text == "one\n");
  CHECK_FALSE(behind.error.empty());
  CHECK(steady_clock::now() - begin < seconds(50));
}

TEST_CASE("A program does not outlive its source") {
  const auto begin = steady_clock::now();
  const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  { REQUIRE(ChildProcess::Start(Shell("exec sleep 100"), nothing.get()).has_value()); }
  { REQUIRE(ChildProcess::Start(Shell("exec yes"), nothing.get()).has_value()); }
  CHECK(steady_clock::now() - begin < seconds(50));
}

TEST_CASE("A program that cannot be started is named") {
  const Result<std::unique_ptr<ChildProcess>> child =
      ChildProcess::Start({.command = {"/no/such/program"}, .failure = ""}, 0);
  REQUIRE_FALSE(child.has_value());
  CHECK(child.error().message.find("/no/such/program") != std::string::npos);
}

TEST_CASE("Facts above a log are read back, whatever they hold") {
  const CrashDumpFacts facts = {
      .release = "6.1.0", .host = "a b", .crash_time = 1795343684, .format = "elf"};
  const std::string text = FormatDumpFacts(facts);
  CHECK(text ==
        "# kernel: 6.1.0\n# host: a b\n# crash time: 1795343684 (2026-11-22T10:34:44Z)\n"
        "# dump format: elf\n#\n");
  const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const Result<CrashDump> dump = OpenCrashDump(
      nothing.get(),
      Shell("printf '# ...\\n'; printf '" + text + "[    1.0] one\\n'; kill -SEGV $$"));
  REQUIRE(dump.has_value());
  CHECK(dump->facts == facts);
  const Output log = ReadAll(*dump->log);
  CHECK(log.text == "[    1.0] one\n");
  CHECK(log.error.starts_with("the crash dump is damaged: reading it ended by signal 11"));
  CHECK(FormatDumpFacts({.release = "6\n#\n", .host = "", .crash_time = {}, .format = ""}) ==
        "# kernel: 6\\x0a#\\x0a\n#\n");
}

TEST_CASE("A reader that tells no facts, or never ends them, is an error") {
  const FileDescriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (const char* script :
       {"exit 0", "kill -SEGV $$", "echo '# kernel: 6'", "yes | tr -d '\\n'"}) {
    CAPTURE(script);
    const Result<CrashDump> dump = OpenCrashDump(nothing.get(), Shell(script));
    REQUIRE_FALSE(dump.has_value());
    CHECK(dump.error().message.starts_with("the crash dump is damaged: "));
  }
}

}  // namespace
}  // namespace kautopsy
