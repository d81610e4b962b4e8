#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "parsers/envelope/log_line.h"

namespace kautopsy {

// A physical line of a source.
struct SourceLine {
  std::string_view text;  // without the newline
  uint64_t offset = 0;    // [bytes] of its beginning in the source
  uint64_t number = 0;
  uint64_t openers = 0;   // see Candidate
  bool cut = false;       // nothing shows that it is whole
  bool too_long = false;  // only its beginning was read
};

// A line of a source that holds an entry's message, or some of it.
struct MessageLine {
  Place place;       // of `raw`
  std::string raw;   // as it stands in the source
  std::string text;  // what the program printed; may hold newlines
  uint64_t openers = 0;
  bool cut = false;
  bool too_long = false;
};

// An entry of a log whose format spreads one over several lines, as far as they were seen.
struct Entry {
  std::string host;
  std::string boot_id;  // _BOOT_ID of the journal; empty if the format has none
  std::optional<PrintedTime> time;
  std::optional<int64_t> uptime_us;
  bool kernel = false;   // the kernel printed it
  bool witness = false;  // a program that IsWitness() names did
  bool damaged = false;  // what belongs to it is not sure
  std::vector<MessageLine> message;
};

// What a line is to an entry.
enum class Taken {
  kNone,     // no part of one
  kField,    // of an entry, but not its message
  kMessage,  // of the message
  kEnd,      // the entry is whole
};

// Puts the entries of one source together, whose lines are given in order. Lines of other formats
// may stand between the entries, and lines may be missing.
class EntryReader {
 public:
  EntryReader() = default;
  virtual ~EntryReader() = default;
  EntryReader(const EntryReader&) = delete;
  EntryReader& operator=(const EntryReader&) = delete;

  // Behind kEnd the entry must be taken before the next line is given.
  virtual Taken Take(const SourceLine& line) = 0;

  // What was collected; the next entry begins empty.
  Entry TakeEntry() { return std::exchange(entry_, {}); }

 protected:
  Entry entry_;
};

}  // namespace kautopsy
