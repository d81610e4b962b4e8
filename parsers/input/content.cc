#include "parsers/input/content.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "parsers/input/archive.h"
#include "parsers/input/crash_dump.h"
#include "parsers/input/journal_file.h"
#include "parsers/input/replaying_source.h"
#include "parsers/input/unpack.h"
#include "parsers/input/utf16_source.h"

namespace kautopsy {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kProbeBytes = 65536;

// Random bytes hold 10 % of control characters that no log has; text of any encoding holds none.
constexpr std::size_t kBinaryPercent = 3;

constexpr std::string_view kDatabase = "SQLite format 3\0"sv;

bool IsControl(char c) {
  constexpr std::string_view kInLogs = "\0\a\b\t\n\v\f\r\x1B"sv;  // NUL is left out of both sums
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && kInLogs.find(c) == std::string_view::npos) || byte == 0x7F;
}

bool IsBinary(std::string_view head) {
  const auto nuls = static_cast<std::size_t>(std::ranges::count(head, '\0'));
  const auto controls = static_cast<std::size_t>(std::ranges::count_if(head, IsControl));
  return controls * 100 > (head.size() - nuls) * kBinaryPercent;
}

// Reads the head of `source`, and replaces it by one that gives the head once more. An error means
// that not even the first byte could be read.
Result<std::string> ReadHead(std::unique_ptr<ByteSource>& source) {
  std::string head(kProbeBytes, '\0');
  std::size_t size = 0;
  std::optional<Error> error;
  while (size < head.size()) {
    const Result<std::size_t> read = source->Read(std::span(head).subspan(size));
    if (!read) error = read.error();
    if (!read || *read == 0) break;
    size += *read;
  }
  if (error && size == 0) return tl::unexpected(*error);
  head.resize(size);
  source = std::make_unique<ReplayingSource>(head, std::move(error), std::move(source));
  return head;
}

void Judge(Probe& probe) {
  const std::string_view head = probe.head;
  if (head.empty()) {
    probe.content = Content::kEmpty;
  } else if (PackingOf(head) != Packing::kNone) {
    probe.content = Content::kPacked;
  } else if (IsArchive(head)) {
    probe.content = Content::kArchive;
  } else if (IsJournalFile(head)) {
    probe.content = Content::kJournal;
  } else if (IsCrashDump(head)) {
    probe.content = Content::kCrashDump;
  } else if (head.starts_with(kDatabase)) {
    probe.reason = "a database, no log lines";
  } else if (IsBinary(head)) {
    probe.reason = "binary data, no log lines";
  } else {
    probe.content = Content::kLog;
  }
}

}  // namespace

Result<Probe> ProbeSource(std::unique_ptr<ByteSource> source) {
  Result<std::string> head = ReadHead(source);
  if (head && IsUtf16(*head)) {
    source = Utf16Source(std::move(source));
    head = ReadHead(source);
  }
  if (!head) return tl::unexpected(head.error());
  Probe probe;
  probe.source = std::move(source);
  probe.head = *std::move(head);
  Judge(probe);
  return probe;
}

}  // namespace kautopsy
