#include "parsers/input/dump_process.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/text.h"
#include "base/time.h"

namespace kautopsy {
namespace {

constexpr std::string_view kKernel = "# kernel: ";
constexpr std::string_view kHost = "# host: ";
constexpr std::string_view kCrashTime = "# crash time: ";
constexpr std::string_view kFormat = "# dump format: ";
constexpr std::string_view kEnd = "#";

constexpr char kDamaged[] = "the crash dump is damaged";

constexpr std::size_t kLongestLine = 4096;

// The log behind the facts.
class DumpLogSource final : public ByteSource {
 public:
  explicit DumpLogSource(std::unique_ptr<ChildProcess> child) : child_(std::move(child)) {}

  Result<CrashDumpFacts> ReadFacts() {
    CrashDumpFacts facts;
    while (true) {
      const Result<std::string> line = ReadLine();
      if (!line) return tl::unexpected(line.error());
      if (*line == kEnd) return facts;
      Take(*line, facts);
    }
  }

  Result<std::size_t> Read(std::span<char> block) override {
    if (!pending_.empty()) {
      const std::size_t size = std::min(block.size(), pending_.size());
      std::memcpy(block.data(), pending_.data(), size);
      pending_.erase(0, size);
      return size;
    }
    return child_->Read(block);
  }

 private:
  Result<std::string> ReadLine() {
    while (true) {
      const std::size_t end = pending_.find('\n');
      if (end != std::string::npos) {
        std::string line = pending_.substr(0, end);
        pending_.erase(0, end + 1);
        return line;
      }
      if (pending_.size() > kLongestLine)
        return Fail(fmt::format("{}: what it tells is too long", kDamaged));
      std::string block(kLongestLine, '\0');
      const Result<std::size_t> read = child_->Read(block);
      if (!read) return tl::unexpected(read.error());
      if (*read == 0) return Fail(fmt::format("{}: it has no log", kDamaged));
      pending_.append(block, 0, *read);
    }
  }

  static void Take(std::string_view line, CrashDumpFacts& facts) {
    if (ConsumePrefix(line, kKernel))
      facts.release = line;
    else if (ConsumePrefix(line, kHost))
      facts.host = line;
    else if (ConsumePrefix(line, kFormat))
      facts.format = line;
    else if (ConsumePrefix(line, kCrashTime))
      facts.crash_time = ConsumeInteger(line);
  }

  std::unique_ptr<ChildProcess> child_;
  std::string pending_;  // was read, but not given yet
};

void AppendFact(std::string& text, std::string_view key, std::string_view value) {
  if (value.empty()) return;
  text += key;
  text += EscapeForTerminal(value);
  text += '\n';
}

}  // namespace

Result<CrashDump> OpenCrashDump(int file, const ChildProcess::Program& reader) {
  ChildProcess::Program program = reader;
  program.failure = kDamaged;
  Result<std::unique_ptr<ChildProcess>> child = ChildProcess::Start(program, file);
  if (!child) return tl::unexpected(child.error());
  auto log = std::make_unique<DumpLogSource>(std::move(*child));
  Result<CrashDumpFacts> facts = log->ReadFacts();
  if (!facts) return tl::unexpected(facts.error());
  return CrashDump{.log = std::move(log), .facts = std::move(*facts)};
}

std::string FormatDumpFacts(const CrashDumpFacts& facts) {
  std::string text;
  AppendFact(text, kKernel, facts.release);
  AppendFact(text, kHost, facts.host);
  if (facts.crash_time) {
    const std::optional<std::string> utc = Iso8601Utc(FromUnixSeconds(*facts.crash_time));
    AppendFact(text, kCrashTime, fmt::format("{} ({})", *facts.crash_time, utc.value_or("?")));
  }
  AppendFact(text, kFormat, facts.format);
  text += kEnd;
  return text + '\n';
}

}  // namespace kautopsy
