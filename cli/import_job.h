#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time_zone.h"
#include "cli/inputs.h"
#include "parsers/event_sink.h"
#include "parsers/input/collection_file.h"
#include "parsers/input/host_file.h"
#include "parsers/input/zone_file.h"
#include "store/guests.h"

namespace kautopsy {

// What became of some inputs. Events and lines are counted in all sources that were read, those
// already known included.
struct ImportCounts {
  uint64_t sources = 0;   // logs read: files, or members of archives
  uint64_t stored = 0;    // of them, new
  uint64_t known = 0;     // of them, the same content had been stored before
  uint64_t problems = 0;  // told on stderr: not read, or not to the end
  uint64_t bytes = 0;     // unpacked
  uint64_t known_events = 0;
  LineLedger ledger;

  ImportCounts& operator+=(const ImportCounts& other);
  // Lines that the kernel printed, understood or not.
  uint64_t kernel_lines() const;
};

// What is counted while jobs run, for a line of progress.
struct ImportProgress {
  std::atomic<uint64_t> bytes = 0;  // read of the inputs, packed as they are
  std::atomic<uint64_t> events = 0;
  std::function<void()> update;  // called now and then by any job; may be empty
  // Called by any thread, with a message, when an input that is no file gives nothing for a while;
  // may be empty.
  std::function<void(const std::string&)> waiting;
};

struct JobOptions {
  std::optional<TimeZone> zone;
  bool sha256 = false;  // compute it of each log
  unsigned scan_threads = 1;
  uint64_t max_expand_bytes = 0;                   // 0: by the size of the input
  std::function<void()> before_large_window = {};  // see Unpack(); may be empty
};

struct JobResult {
  ImportCounts counts;
  std::vector<std::string> messages;  // problems and what else the user should know
  std::vector<std::pair<std::string, std::string>> skipped;  // path, reason
  std::vector<std::pair<std::string, std::string>> unread;   // path, problem: damaged, or no access
  std::vector<std::string> damaged;                          // paths of logs read not to the end
  std::vector<HostTree> trees;                               // whose names were found
  std::vector<TreeClock> clocks;                             // of trees
  std::vector<TreeKernel> kernels;                           // likewise
  std::vector<TreeMoment> moments;                           // likewise
  std::vector<FoundGuest> guests;
  bool store_failed = false;  // the store takes no more
};

// Reads one input and whatever is packed in it into `sink`.
JobResult RunImportJob(const Input& input, const JobOptions& options, ImportProgress& progress,
                       EventSink& sink);

}  // namespace kautopsy
