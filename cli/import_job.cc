#include "cli/import_job.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "cli/dump_reader.h"
#include "cli/terminal.h"
#include "cli/waiting_notice.h"
#include "parsers/import_source.h"
#include "parsers/input/byte_source.h"
#include "parsers/input/pstore.h"
#include "parsers/input/source_walk.h"
#include "parsers/input/supportconfig.h"
#include "parsers/input/supportconfig_guests.h"
#include "parsers/input/sysctl_file.h"

namespace kautopsy {
namespace {

// Logs shrink to a tenth or less when they are packed, storms of equal lines further; gzip's limit
// is a thousandth, and who wants to fill a disk packs twice.
constexpr uint64_t kUsualExpansion = 200;
constexpr uint64_t kAlwaysAllowed = uint64_t{1} << 30;

constexpr std::string_view kNewestFirst =
    "not read: its lines go from the newest to the oldest (journalctl -r), so the reports in it "
    "are "
    "upside down; print it without -r, or turn plain lines round with tac";

// For a message: a newline in the name of an archive's member must not begin a line of its own.
std::string Name(const std::string& path) {
  return path == "-" ? "standard input" : EscapeForTerminal(path);
}

// Counts what is read of an input, as it stands in the file: progress of packed files too. A file
// that had more bytes when it was found ends in an error. Drops `notice` once there is something.
class CountedSource final : public ByteSource {
 public:
  CountedSource(std::unique_ptr<ByteSource> source, uint64_t expected_bytes,
                std::unique_ptr<WaitingNotice> notice, std::atomic<uint64_t>& bytes)
      : source_(std::move(source)),
        expected_bytes_(expected_bytes),
        notice_(std::move(notice)),
        bytes_(bytes) {}

  Result<std::size_t> Read(std::span<char> block) override {
    Result<std::size_t> read = source_->Read(block);
    notice_.reset();
    if (!read) return read;
    bytes_ += *read;
    own_bytes_ += *read;
    if (*read == 0 && own_bytes_ < expected_bytes_)
      return Fail(fmt::format("became shorter while it was read: {} of {} bytes", own_bytes_,
                              expected_bytes_));
    return read;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  const uint64_t expected_bytes_;
  std::unique_ptr<WaitingNotice> notice_;
  uint64_t own_bytes_ = 0;
  std::atomic<uint64_t>& bytes_;  // of all inputs
};

// Looks at the bytes that are read for what they tell beside log lines: of the machine, or of a
// guest of it.
class WatchedSource final : public ByteSource {
 public:
  WatchedSource(ByteSource& source, std::string_view path)
      : source_(source),
        guest_(GuestReaderFor(path)),
        guests_(SupportconfigGuests::For(path)),
        supportconfig_(SupportconfigReader::For(path)) {}

  Result<std::size_t> Read(std::span<char> block) override {
    Result<std::size_t> read = source_.Read(block);
    if (!read) return read;
    head_.append(block.data(), std::min(*read, kHeadBytes - head_.size()));
    if (guest_) guest_->Take({block.data(), *read});
    if (guests_) guests_->Take({block.data(), *read});
    if (supportconfig_) supportconfig_->Take({block.data(), *read});
    return read;
  }
  const std::string& head() const { return head_; }
  // Once all is read.
  std::vector<Guest> TakeGuests() {
    if (guests_) return guests_->Finish();
    std::optional<Guest> guest = guest_ ? guest_->Finish() : std::nullopt;
    return guest ? std::vector<Guest>{std::move(*guest)} : std::vector<Guest>();
  }
  // Likewise; null if it is no file of supportconfig.
  const SupportconfigReader* FinishSupportconfig() {
    if (supportconfig_) supportconfig_->Finish();
    return supportconfig_.get();
  }

 private:
  static constexpr std::size_t kHeadBytes = 4096;
  ByteSource& source_;
  std::unique_ptr<GuestReader> guest_;
  std::unique_ptr<SupportconfigGuests> guests_;
  std::unique_ptr<SupportconfigReader> supportconfig_;
  std::string head_;
};

class ImportJob final : public SourceVisitor {
 public:
  ImportJob(const Input& input, const JobOptions& options, ImportProgress& progress,
            EventSink& sink)
      : input_(input), progress_(progress), sink_(sink) {
    options_.zone = options.zone;
    options_.sha256 = options.sha256;
    options_.scan_threads = options.scan_threads;
    options_.progress = [this](uint64_t /*unpacked*/) {
      if (progress_.update) progress_.update();
    };
  }

  JobResult Run(const JobOptions& options) {
    std::unique_ptr<WaitingNotice> notice = MakeNotice();
    Result<std::unique_ptr<ByteSource>> source = Open();
    if (!source) {
      Problem(source.error().message);
      result_.unread.emplace_back(input_.path, source.error().message);
      return std::move(result_);
    }
    ExpandLimit limit(options.max_expand_bytes > 0
                          ? options.max_expand_bytes
                          : kAlwaysAllowed + kUsualExpansion * input_.bytes.value_or(0));
    FoundSource found = {.path = input_.path, .mtime = input_.mtime};
    if (input_.path == "-") found.kind = "stdin";
    if (!input_.parts.empty()) found.kind = "pstore";
    result_.store_failed =
        !WalkSources(found,
                     std::make_unique<CountedSource>(std::move(*source), ExpectedBytes(),
                                                     std::move(notice), progress_.bytes),
                     {.limit = limit,
                      .dump_reader = DumpReader(true),
                      .before_large_window = options.before_large_window},
                     *this);
    return std::move(result_);
  }

  bool OnSource(const FoundSource& found, ByteSource& bytes) override {
    ImportOptions options = options_;
    options.host = found.dump.host;
    options.mtime = found.mtime;
    options.crash_time = found.dump.crash_time;
    const std::unique_ptr<ByteSource> setting = NameSysctlFile(found.path, bytes);
    WatchedSource source(setting ? *setting : bytes, found.path);
    const Result<ImportResult> result =
        ImportSource(source, found.path, found.kind, options, sink_);
    if (!result) {
      Problem(result.error().message);
      return false;
    }
    if (result->newest_first) {
      OnProblem(found, std::string(kNewestFirst));
      return true;
    }
    Count(*result);
    NoteTree(ReadHostFile(found.path, source.head()), ReadZoneFile(found.path, source.head()));
    NoteKernel(ReadKernelFile(found.path, source.head()));
    NoteMoment(ReadMomentFile(found.path, source.head()));
    if (const SupportconfigReader* const supportconfig = source.FinishSupportconfig()) {
      NoteTree(supportconfig->host(), supportconfig->clock());
      NoteKernel(supportconfig->kernel());
      NoteMoment(supportconfig->moment());
    }
    NoteGuests(found, result->summary.content_hash, source.TakeGuests());
    if (result->summary.damage) {
      Problem(Name(found.path) + ": damaged: " + *result->summary.damage);
      result_.damaged.push_back(found.path);
    }
    return true;
  }

  void OnBinary(const FoundSource& found, std::string_view head) override {
    NoteTree(std::nullopt, ReadZoneFile(found.path, head));
  }

  void OnSkipped(const FoundSource& found, const std::string& reason) override {
    result_.skipped.emplace_back(found.path, reason);
    // What the user named was meant to be read; in a folder or an archive it is no surprise.
    if (input_.walked || found.member) return;
    if (reason == kEmptyFile)
      result_.messages.push_back(Name(found.path) + ": " + reason);
    else
      Problem(Name(found.path) + ": skipped: " + reason);
  }

  void OnLink(const std::string& path, const std::string& target) override {
    NoteTree(std::nullopt, ReadZoneLink(path, target));
  }

  void OnProblem(const FoundSource& found, const std::string& problem) override {
    Problem(Name(found.path) + ": " + problem);
    result_.unread.emplace_back(found.path, problem);
  }

 private:
  Result<std::unique_ptr<ByteSource>> Open() const {
    if (input_.path == "-") return StandardInput();
    if (input_.parts.empty()) return OpenFile(input_.path);
    std::vector<std::unique_ptr<ByteSource>> parts;
    for (const std::string& path : input_.parts) {
      Result<std::unique_ptr<ByteSource>> part = OpenFile(path);
      if (!part) return part;
      parts.push_back(std::move(*part));
    }
    return JoinPstore(std::move(parts));
  }

  // Of a pipe that waits for its writer, even to be opened.
  std::unique_ptr<WaitingNotice> MakeNotice() const {
    if (input_.bytes || !input_.parts.empty() || !progress_.waiting) return nullptr;
    std::string message = input_.path == "-" && IsTerminal(STDIN_FILENO)
                              ? "waiting for lines on standard input; Ctrl-D ends them"
                              : Name(input_.path) + ": waiting for data; Ctrl-C gives up";
    return std::make_unique<WaitingNotice>(
        [this, message = std::move(message)] { progress_.waiting(message); });
  }

  void NoteTree(const std::optional<HostTree>& host, const std::optional<TreeClock>& clock) {
    if (host) result_.trees.push_back(*host);
    if (clock) result_.clocks.push_back(*clock);
  }

  void NoteGuests(const FoundSource& found, const std::string& content_hash,
                  std::vector<Guest> guests) {
    for (Guest& guest : guests) {
      if (guest.bad_stamp_line > 0)
        Problem(
            fmt::format("{}: damaged: the stamp in line {} is no time; when guest {} was "
                        "started is not known",
                        Name(found.path), guest.bad_stamp_line, EscapeForTerminal(guest.name)));
      result_.guests.push_back({found.path, content_hash, std::move(guest)});
    }
  }

  void NoteKernel(const std::optional<TreeKernel>& kernel) {
    if (kernel) result_.kernels.push_back(*kernel);
  }

  void NoteMoment(const std::optional<TreeMoment>& moment) {
    if (moment) result_.moments.push_back(*moment);
  }

  // Parts of pstore are joined without their heads.
  uint64_t ExpectedBytes() const { return input_.parts.empty() ? input_.bytes.value_or(0) : 0; }

  void Problem(const std::string& message) {
    ++result_.counts.problems;
    result_.messages.push_back(message);
  }

  void Count(const ImportResult& result) {
    ImportCounts& counts = result_.counts;
    ++counts.sources;
    ++(result.counts.outcome == SourceOutcome::kStored ? counts.stored : counts.known);
    counts.known_events += result.counts.known_events;
    counts.bytes += result.summary.bytes;
    counts.ledger += result.summary.ledger;
    progress_.events += result.events;
  }

  const Input& input_;
  ImportProgress& progress_;
  EventSink& sink_;
  ImportOptions options_;
  JobResult result_;
};

}  // namespace

ImportCounts& ImportCounts::operator+=(const ImportCounts& other) {
  sources += other.sources;
  stored += other.stored;
  known += other.known;
  problems += other.problems;
  bytes += other.bytes;
  known_events += other.known_events;
  ledger += other.ledger;
  return *this;
}

uint64_t ImportCounts::kernel_lines() const {
  return ledger.claimed + ledger.noise + ledger.unclaimed_kernel;
}

JobResult RunImportJob(const Input& input, const JobOptions& options, ImportProgress& progress,
                       EventSink& sink) {
  return ImportJob(input, options, progress, sink).Run(options);
}

}  // namespace kautopsy
