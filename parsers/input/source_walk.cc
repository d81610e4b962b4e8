#include "parsers/input/source_walk.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <array>
#include <utility>

#include "parsers/input/archive.h"
#include "parsers/input/content.h"
#include "parsers/input/dump_process.h"
#include "parsers/input/file_descriptor.h"
#include "parsers/input/journal_file.h"
#include "parsers/input/pstore_members.h"
#include "parsers/input/temporary_file.h"
#include "parsers/input/unpack.h"

namespace kautopsy {
namespace {

// sosreport.tar.xz holds messages.gz: three. More is made to keep a reader busy.
constexpr int kMaxLayers = 8;

// "1000 bytes", "20 MiB", "1.125 GiB"
std::string SizeText(uint64_t bytes) {
  constexpr std::array kUnits = {"bytes", "KiB", "MiB", "GiB", "TiB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024 && unit + 1 < kUnits.size(); ++unit) size /= 1024;
  return fmt::format("{:.4g} {}", size, kUnits[unit]);
}

class LimitedSource final : public ByteSource {
 public:
  LimitedSource(std::unique_ptr<ByteSource> source, ExpandLimit& limit)
      : source_(std::move(source)), limit_(limit) {}

  Result<std::size_t> Read(std::span<char> block) override {
    if (limit_.exceeded()) return tl::unexpected(limit_.Message());
    Result<std::size_t> read = source_->Read(block);
    if (read && !limit_.Count(*read)) return tl::unexpected(limit_.Message());
    return read;
  }

 private:
  std::unique_ptr<ByteSource> source_;
  ExpandLimit& limit_;
};

class Walk {
 public:
  Walk(const WalkOptions& options, SourceVisitor& visitor)
      : options_(options), limit_(options.limit), visitor_(visitor) {}

  bool Visit(const FoundSource& found, std::unique_ptr<ByteSource> bytes, int layer) {
    Result<Probe> probe = ProbeSource(std::move(bytes));
    if (!probe) {
      visitor_.OnProblem(found, probe.error().message);
      return true;
    }
    switch (probe->content) {
      case Content::kLog:
        return visitor_.OnSource(found, *probe->source);
      case Content::kPacked:
      case Content::kArchive:
        return Open(found, std::move(*probe), layer + 1);
      case Content::kJournal:
        return VisitJournal(found, *probe->source, layer);
      case Content::kCrashDump:
        return VisitDump(found, *probe->source, layer);
      case Content::kEmpty:
        visitor_.OnSkipped(found, std::string(kEmptyFile));
        return true;
      case Content::kOther:
        visitor_.OnBinary(found, probe->head);
        visitor_.OnSkipped(found, std::string(probe->reason));
        return true;
    }
    return true;
  }

 private:
  bool Open(const FoundSource& found, Probe probe, int layer) {
    if (layer > kMaxLayers) {
      visitor_.OnProblem(found, fmt::format("packed more than {} times; not read", kMaxLayers));
      return true;
    }
    if (probe.content == Content::kArchive) return VisitMembers(found, std::move(probe), layer);
    std::unique_ptr<ByteSource> unpacked =
        Unpack(std::move(probe.source), PackingOf(probe.head), options_.before_large_window);
    return Visit(found, Limited(std::move(unpacked)), layer);
  }

  bool VisitMembers(const FoundSource& found, Probe probe, int layer) {
    const std::unique_ptr<ArchiveReader> archive = OpenArchive(std::move(probe.source));
    PstoreMembers pstore;
    while (!limit_.exceeded()) {
      const Result<std::optional<ArchiveMember>> member = archive->Next();
      if (!member) visitor_.OnProblem(found, member.error().message);
      if (!member || !*member) break;
      if (!(*member)->link.empty()) {
        visitor_.OnLink(found.path + "/" + (*member)->path, (*member)->link);
        continue;
      }
      const FoundSource inner = {.path = found.path + "/" + (*member)->path,
                                 .mtime = (*member)->mtime,
                                 .member = true,
                                 .kind = "member"};
      std::unique_ptr<ByteSource> contents =
          pstore.Offer(inner.path, inner.mtime, Limited(archive->Contents()));
      if (contents && !Visit(inner, std::move(contents), layer)) return false;
    }
    return VisitPstore(pstore);
  }

  bool VisitPstore(PstoreMembers& pstore) {
    for (PstoreMembers::Log& log : pstore.TakeLogs()) {
      const FoundSource found = {.path = log.path,
                                 .mtime = log.mtime,
                                 .member = true,
                                 .kind = log.joined ? "pstore" : "member"};
      if (!visitor_.OnSource(found, *log.text)) return false;
    }
    for (const auto& [path, reason] : pstore.duplicates())
      visitor_.OnSkipped({.path = path, .member = true}, reason);
    for (const auto& [path, reason] : pstore.problems())
      visitor_.OnProblem({.path = path, .member = true}, reason);
    return true;
  }

  bool VisitJournal(FoundSource found, ByteSource& bytes, int layer) {
    FileDescriptor file = OpenPlain(found, layer);
    Result<std::unique_ptr<ByteSource>> journal =
        file.valid() ? OpenJournalFile(file.Release()) : OpenJournalStream(bytes);
    if (!journal) {
      visitor_.OnProblem(found, journal.error().message);
      return true;
    }
    found.kind = "journal";
    return visitor_.OnSource(found, **journal);
  }

  bool VisitDump(FoundSource found, ByteSource& bytes, int layer) {
    WholeFile whole = {.file = OpenPlain(found, layer), .error = {}};
    if (!whole.file.valid()) {
      Result<WholeFile> spooled = SpoolToTemporaryFile(bytes, {});
      if (!spooled) {
        visitor_.OnProblem(found, spooled.error().message);
        return true;
      }
      whole = std::move(*spooled);
    }
    if (whole.error) visitor_.OnProblem(found, whole.error->message);
    const Result<CrashDump> dump = OpenCrashDump(whole.file.get(), options_.dump_reader);
    if (!dump) {
      visitor_.OnProblem(found, dump.error().message);
      return true;
    }
    found.kind = "crash_dump";
    found.dump = dump->facts;
    return visitor_.OnSource(found, *dump->log);
  }

  // The input as a file that can be read at any place; none if it is packed, or a pipe.
  static FileDescriptor OpenPlain(const FoundSource& found, int layer) {
    struct stat status = {};
    if (layer > 0 || found.kind == "stdin" || ::stat(found.path.c_str(), &status) != 0 ||
        !S_ISREG(status.st_mode))
      return FileDescriptor();
    return FileDescriptor(::open(found.path.c_str(), O_RDONLY | O_CLOEXEC));
  }

  std::unique_ptr<ByteSource> Limited(std::unique_ptr<ByteSource> source) {
    return std::make_unique<LimitedSource>(std::move(source), limit_);
  }

  const WalkOptions& options_;
  ExpandLimit& limit_;
  SourceVisitor& visitor_;
};

}  // namespace

bool ExpandLimit::Count(uint64_t bytes) {
  exceeded_ = exceeded_ || bytes > left_;
  left_ -= exceeded_ ? left_ : bytes;
  return !exceeded_;
}

Error ExpandLimit::Message() const {
  return Error{fmt::format(
      "unpacks to more than {} and is read no further; if it is no decompression bomb, raise "
      "the limit with --max-expand",
      SizeText(bytes_))};
}

bool WalkSources(const FoundSource& input, std::unique_ptr<ByteSource> bytes,
                 const WalkOptions& options, SourceVisitor& visitor) {
  return Walk(options, visitor).Visit(input, std::move(bytes), 0);
}

}  // namespace kautopsy
