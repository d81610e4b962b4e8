#include "parsers/input/journal_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "parsers/input/isolated_source.h"
#include "parsers/input/journal_copy.h"
#include "parsers/input/journal_index.h"

namespace kautopsy {
namespace {

constexpr std::size_t kBlock = 64 << 10;
// A value is cut there: readers of the export keep less of a message, and a program may log 768 MiB
// in one (src/basic/journal-importer.h, DATA_SIZE_MAX).
constexpr std::size_t kMaxValueBytes = 1 << 20;

// What tells of one entry, by which the index finds it.
struct Match {
  std::string_view field;
  std::string_view value;
  uint64_t named = 0;  // entries that the index names
  uint64_t read = 0;   // entries that were found
};

// SYSLOG_IDENTIFIER is the tag without its pid: those that IsWitness() knows, and the kernel's
// where syslog gave its lines to the journal.
constexpr std::array kMatches = {Match{"_TRANSPORT", "kernel"},
                                 Match{"SYSLOG_IDENTIFIER", "kernel"},
                                 Match{"SYSLOG_IDENTIFIER", "systemd-oomd"},
                                 Match{"SYSLOG_IDENTIFIER", "systemd-journald"},
                                 Match{"SYSLOG_IDENTIFIER", "rsyslogd"},
                                 Match{"SYSLOG_IDENTIFIER", "earlyoom"},
                                 Match{"SYSLOG_IDENTIFIER", "kdump"},
                                 Match{"SYSLOG_IDENTIFIER", "kdump.sh"},
                                 Match{"SYSLOG_IDENTIFIER", "kdump-tools"}};
constexpr std::size_t kLongestMatch = 16;

constexpr std::array<std::string_view, 6> kFields = {
    "_HOSTNAME", "_TRANSPORT", "SYSLOG_IDENTIFIER", "PRIORITY", "_SOURCE_MONOTONIC_TIMESTAMP",
    "MESSAGE"};

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { ::close(fd_); }
  int get() const { return fd_; }

 private:
  int fd_;
};

struct CloseJournal {
  void operator()(sd_journal* journal) const { sd_journal_close(journal); }
};
using Journal = std::unique_ptr<sd_journal, CloseJournal>;

std::string TimeText(uint64_t realtime_us) {
  const auto time = FromUnixMicroseconds(static_cast<int64_t>(realtime_us));
  return time ? Iso8601Utc(*time).value_or("?") : "?";
}

// The export's plain form is for printable text; the binary one is right for all.
bool IsPlain(std::string_view value) {
  return std::ranges::all_of(value, [](char c) { return (c >= ' ' && c <= '~') || c == '\t'; });
}

void AppendField(std::string_view name, std::string_view value, std::string& text) {
  text += name;
  if (IsPlain(value)) {
    text += '=';
  } else {
    text += '\n';
    for (unsigned shift = 0; shift < 64; shift += 8)
      text += static_cast<char>(value.size() >> shift & 0xff);
  }
  text.append(value) += '\n';
}

// Matches of one field are alternatives, and those on both sides of a disjunction are, too
// (sd_journal_add_match(3)).
int AddMatches(sd_journal* journal) {
  int error = 0;
  std::string_view field = kMatches.front().field;
  for (const Match& match : kMatches) {
    if (match.field != field) error = std::min(error, sd_journal_add_disjunction(journal));
    field = match.field;
    const std::string text = fmt::format("{}={}", match.field, match.value);
    error = std::min(error, sd_journal_add_match(journal, text.data(), text.size()));
  }
  return error;
}

// Reads a journal in this process.
class JournalSource final : public ByteSource {
 public:
  JournalSource(Journal journal, int fd, const JournalHeader& header)
      : journal_(std::move(journal)), header_(header) {
    for (Match& match : matches_) Count(fd, match);
  }

  Result<std::size_t> Read(std::span<char> block) override {
    if (at_ == text_.size()) {
      text_.clear();
      at_ = 0;
      while (!ended_ && text_.size() < kBlock) AppendEntry();
    }
    const std::size_t size = std::min(block.size(), text_.size() - at_);
    std::memcpy(block.data(), text_.data() + at_, size);
    at_ += size;
    if (size > 0) return size;
    if (const std::optional<std::string> loss = DescribeLoss()) return Fail(*loss);
    return 0;
  }

 private:
  void Count(int fd, Match& match) {
    if (&match == matches_.data() || match.field != (&match)[-1].field) {
      values_ = JournalValuesOf(fd, header_, match.field, kLongestMatch);
      index_whole_ = index_whole_ && values_.whole;
    }
    for (const JournalValue& value : values_.values) {
      if (value.value == match.value) match.named = value.entries;
    }
  }

  void AppendEntry() {
    const int next = sd_journal_next(journal_.get());
    ended_ = next <= 0;
    // A file in which libsystemd cannot go on is taken out of the set that it reads
    // (sd-journal.c, real_journal_next()); without any there are no times.
    uint64_t from = 0;
    uint64_t to = 0;
    if (!ended_)
      AppendFields();
    else if (header_.entries > 0)
      gave_up_ = next < 0 || sd_journal_get_cutoff_realtime_usec(journal_.get(), &from, &to) <= 0;
  }

  void AppendFields() {
    const std::size_t begin = text_.size();
    if (!AppendHead() || !AppendData()) text_.resize(begin);
  }

  bool AppendHead() {
    uint64_t realtime_us = 0;
    uint64_t monotonic_us = 0;
    sd_id128_t boot = {};
    char* cursor = nullptr;
    if (sd_journal_get_realtime_usec(journal_.get(), &realtime_us) < 0 ||
        sd_journal_get_monotonic_usec(journal_.get(), &monotonic_us, &boot) < 0 ||
        sd_journal_get_cursor(journal_.get(), &cursor) < 0)
      return false;
    const std::unique_ptr<char, decltype(&std::free)> owner(cursor, std::free);
    std::array<char, SD_ID128_STRING_MAX> boot_text = {};
    text_ +=
        fmt::format("__CURSOR={}\n__REALTIME_TIMESTAMP={}\n__MONOTONIC_TIMESTAMP={}\n_BOOT_ID={}\n",
                    cursor, realtime_us, monotonic_us, sd_id128_to_string(boot, boot_text.data()));
    last_realtime_us_ = realtime_us;
    return true;
  }

  bool AppendData() {
    std::array<bool, kMatches.size()> matched = {};
    const void* data = nullptr;
    std::size_t size = 0;
    sd_journal_restart_data(journal_.get());
    int found = 0;
    while ((found = sd_journal_enumerate_available_data(journal_.get(), &data, &size)) > 0) {
      const std::string_view text(static_cast<const char*>(data), size);
      const std::string_view name = text.substr(0, text.find('='));
      if (std::ranges::find(kFields, name) == kFields.end() || name.size() == size) continue;
      const std::string_view value = text.substr(name.size() + 1, kMaxValueBytes);
      AppendField(name, value, text_);
      for (std::size_t i = 0; i < kMatches.size(); ++i)
        matched[i] = matched[i] || (kMatches[i].field == name && kMatches[i].value == value);
    }
    text_ += '\n';
    if (found < 0) return false;
    for (std::size_t i = 0; i < kMatches.size(); ++i) matches_[i].read += matched[i] ? 1 : 0;
    return true;
  }

  // What the file's own counts name and was not found; none if all was.
  std::optional<std::string> DescribeLoss() const {
    const bool cut = header_.claimed_bytes > header_.file_bytes;
    std::string loss;
    if (cut)
      loss = fmt::format(" is cut, {} of {} bytes are there;", header_.file_bytes,
                         header_.claimed_bytes);
    for (const Match& match : matches_) {
      if (match.read < match.named)
        loss += fmt::format(" has {} entries of {}={}, {} could be read;", match.named, match.field,
                            match.value, match.read);
    }
    if (!index_whole_ && !cut) loss += " has a damaged index, entries may be missing;";
    if (gave_up_ && loss.empty()) loss = " cannot be read further;";
    if (loss.empty()) return std::nullopt;
    const std::string end = last_realtime_us_ == 0 ? "none was read"
                                                   : fmt::format("the last one read is of {}",
                                                                 TimeText(last_realtime_us_));
    return fmt::format("the journal file{} {}, its end is of {}; what was read is kept", loss, end,
                       TimeText(header_.tail_realtime_us));
  }

  Journal journal_;
  JournalHeader header_;
  std::array<Match, kMatches.size()> matches_ = kMatches;
  JournalValues values_;  // of the field that was counted last
  bool index_whole_ = true;
  bool ended_ = false;
  bool gave_up_ = false;
  uint64_t last_realtime_us_ = 0;
  std::string text_;  // entries, whole
  std::size_t at_ = 0;
};

Result<std::unique_ptr<ByteSource>> OpenHere(int fd, const JournalHeader& header) {
  sd_journal* opened = nullptr;
  std::array<int, 1> files = {fd};
  const int error = sd_journal_open_files_fd(&opened, files.data(), 1, 0);
  if (error < 0)
    return Fail(fmt::format("the journal file cannot be opened: {}; try journalctl --verify --file",
                            std::strerror(-error)));
  Journal journal(opened);
  sd_journal_set_data_threshold(opened, 0);  // 64 KiB would cut what is compressed
  const int matched = AddMatches(opened);
  const int sought = sd_journal_seek_head(opened);
  if (matched < 0 || sought < 0)
    return Fail(fmt::format("the journal file cannot be searched: {}",
                            std::strerror(-std::min(matched, sought))));
  return std::make_unique<JournalSource>(std::move(journal), fd, header);
}

// Reads a file that goes away with the source.
class CopySource final : public ByteSource {
 public:
  CopySource(std::unique_ptr<JournalCopy> copy, std::unique_ptr<ByteSource> source)
      : copy_(std::move(copy)), source_(std::move(source)) {}
  Result<std::size_t> Read(std::span<char> block) override { return source_->Read(block); }

 private:
  std::unique_ptr<JournalCopy> copy_;
  std::unique_ptr<ByteSource> source_;
};

Result<std::unique_ptr<ByteSource>> OpenCut(int fd, const JournalHeader& header) {
  Result<std::unique_ptr<JournalCopy>> copy = JournalCopy::FillUp(fd, header);
  if (!copy) return tl::unexpected(copy.error());
  Result<std::unique_ptr<ByteSource>> source =
      OpenIsolated([&] { return OpenHere((*copy)->fd(), header); });
  if (!source) return source;
  return std::make_unique<CopySource>(std::move(*copy), std::move(*source));
}

}  // namespace

bool IsJournalFile(std::string_view head) { return head.starts_with("LPKSHHRH"); }

Result<std::unique_ptr<ByteSource>> OpenJournalFile(int fd) {
  const Descriptor file(fd);
  const Result<JournalHeader> header = ReadJournalHeader(fd);
  if (!header) return tl::unexpected(header.error());
  if (header->claimed_bytes > header->file_bytes) return OpenCut(fd, *header);
  return OpenIsolated([&] { return OpenHere(fd, *header); });
}

Result<std::unique_ptr<ByteSource>> OpenJournalStream(ByteSource& bytes) {
  Result<std::unique_ptr<JournalCopy>> copy = JournalCopy::Spool(bytes);
  if (!copy) return tl::unexpected(copy.error());
  Result<std::unique_ptr<ByteSource>> source =
      OpenJournalFile(::fcntl((*copy)->fd(), F_DUPFD_CLOEXEC, 0));
  if (!source) return source;
  return std::make_unique<CopySource>(std::move(*copy), std::move(*source));
}

}  // namespace kautopsy
