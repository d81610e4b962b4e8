#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "parsers/input/byte_source.h"
#include "parsers/input/child_process.h"
#include "parsers/input/crash_dump.h"

namespace kautopsy {

inline constexpr std::string_view kEmptyFile = "empty file";  // reason to skip it

// A log in an input: the input itself, or a file in the archive that it is.
struct FoundSource {
  std::string path;  // "sosreport.tar.xz/var/log/messages.1.gz": archives look like folders
  std::optional<int64_t> mtime = {};  // [s] since the epoch
  bool member = false;                // of an archive
  std::string_view kind = "file";     // as EventSink::BeginSource() takes it
  CrashDumpFacts dump = {};           // of a crash dump
};

// Is told what an input holds, in its order.
class SourceVisitor {
 public:
  virtual ~SourceVisitor() = default;
  // `bytes` gives the log, unpacked. False ends the walk.
  virtual bool OnSource(const FoundSource& found, ByteSource& bytes) = 0;
  // The first bytes of what is binary data, before it is skipped.
  virtual void OnBinary(const FoundSource& /*found*/, std::string_view /*head*/) {}
  // What is known not to be a log; `reason` says what it is.
  virtual void OnSkipped(const FoundSource& found, const std::string& reason) = 0;
  // A symbolic link in an archive; it is not followed.
  virtual void OnLink(const std::string& /*path*/, const std::string& /*target*/) {}
  // What cannot be read, or not further; what came before is good.
  virtual void OnProblem(const FoundSource& found, const std::string& problem) = 0;
};

// How much an input may grow by unpacking; all layers of archives and packed files are added up. A
// small file can unpack to more than any disk holds.
class ExpandLimit {
 public:
  explicit ExpandLimit(uint64_t bytes) : left_(bytes), bytes_(bytes) {}

  // Counts what a layer gave; false once it is too much.
  bool Count(uint64_t bytes);
  bool exceeded() const { return exceeded_; }
  // For people: what happened, and what to do.
  Error Message() const;

 private:
  uint64_t left_;
  uint64_t bytes_;
  bool exceeded_ = false;
};

struct WalkOptions {
  ExpandLimit& limit;
  ChildProcess::Program dump_reader;               // see OpenCrashDump()
  std::function<void()> before_large_window = {};  // see Unpack(); may be empty
};

// Unpacks `bytes`, whatever it is packed in and however often, and shows the visitor each log in
// it, those in journals and crash dumps as text. Nothing is written to a disk, but journals and
// dumps in archives or packed, which must be read at any place, to a nameless file. False if the
// visitor ended the walk.
bool WalkSources(const FoundSource& input, std::unique_ptr<ByteSource> bytes,
                 const WalkOptions& options, SourceVisitor& visitor);

}  // namespace kautopsy
