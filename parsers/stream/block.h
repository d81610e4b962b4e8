#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

#include "parsers/envelope/log_line.h"
#include "parsers/event_sink.h"

namespace kautopsy {

// What a block or a section says of a line.
enum class Claim {
  kNone,      // not of this record
  kTaken,     // part of this record
  kConflict,  // of this form, but its place is taken: another record has begun
};

// Collects the lines of one record. Rules are free of order where the text allows, so that lost and
// reordered lines cost only what they held.
class Block {
 public:
  virtual ~Block() = default;
  // Looks at a line, keeps of it what it needs (the line's views die with the call).
  virtual Claim Offer(const LogLine& line) = 0;
  // True if the line names what this record waits for, such as the process that it chose to kill:
  // the line is then offered to it before newer records.
  virtual bool Expects(const LogLine& /*line*/) const { return false; }
  // True if the line taken last, which has no end ("cut"), is whole by its content all the same.
  virtual bool ProvesWhole() const { return false; }
  // True once nothing more can follow.
  virtual bool closed() const { return false; }
  // Fills comm, pid, kernel_release, page size, title, complete, damage and rows; `event.kind` is
  // the RecordKind's name, and may be made more exact. Emptied, it says that the lines are no
  // record of their own: no event is given out, the boot's facts count.
  virtual void Finish(EventRecord& event) = 0;
};

// One line form that begins a record.
struct Opener {
  // Words that the line holds in any case: the scanner finds candidates by them.
  std::string_view word;
  // The test of the whole line. Must be cheap for lines without the word.
  bool (*matches)(const LogLine& line);
  // True: the line may also be part of a record that is open, which then gets it first.
  bool may_continue = false;
};

// Lines of one record, which is in memory as a whole until it is stored. A machine with 100,000
// processes prints a table of as many lines; no other part of a report comes near the usual limit.
inline constexpr std::size_t kMaxLines = 20000;
inline constexpr std::size_t kMaxLinesWithTable = 150000;

// A kind of record. Adding one means adding its file and naming it in kernel/kinds.cc.
struct RecordKind {
  std::string_view name;
  std::vector<Opener> openers;
  std::unique_ptr<Block> (*open)();
  // Lines of the stream that may stand between two lines of the record before it is closed:
  // syslog mixes in other kernel messages, the output of a command has no gaps.
  unsigned max_foreign_lines = 0;
  // Text that repeats a line which could open this kind is a quote of it. Not so for lines of which
  // every report has many.
  bool quotable = true;
  // Its lines are known without their prefix, too: bare ones below a first one that has it are its
  // own. Not so registers, say, or what only its place below another line makes the record's.
  bool takes_bare = false;
  // A block that has so many is closed; the rest is left out, or a record of its own.
  std::size_t max_lines = kMaxLines;
};

}  // namespace kautopsy
