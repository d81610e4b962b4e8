#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/envelope/log_line.h"
#include "parsers/input/line_scanner.h"

namespace kautopsy {

inline constexpr uint64_t kAnyKind = ~uint64_t{0};  // openers: words of every group may be there

// A candidate with all that is needed once its chunk is gone.
struct PhysicalLine {
  std::string_view text;
  uint64_t number = 0;
  Candidate flags;
  bool cut = false;
  bool too_long = false;
  std::string_view glue = {};  // to the line above, in a group
  bool soft_break = false;     // that one ends in a soft line break of quoted-printable
  std::size_t own_prefix = 0;  // bytes that do not belong to the joined text: a container's, marks
};

// The physical lines that one log line became: mail programs, terminals and containers' runtimes
// break long ones. A line is only known to end when the next one is seen.
class LineGroup {
 public:
  // Adds `line` if it goes on with the group; false if it is a line of its own. To be asked for
  // every line of a source. `record_open`: a record of the source may go on in it.
  bool Join(const PhysicalLine& line, bool record_open);
  // True for an empty line that the group may go on below: pages and mail programs put one behind
  // every line. To be asked before Join().
  bool PassesOver(const PhysicalLine& line);
  // The first line of an empty group.
  void Begin(const PhysicalLine& line) { lines_.push_back(line); }
  void Clear() { lines_.clear(); }
  const std::vector<PhysicalLine>& lines() const { return lines_; }
  // True if a record may begin in it.
  bool MayOpen() const;
  // The lines put together again, with the openers of all of them. What the line's views point to
  // lives until the next call.
  LogLine Joined(uint64_t& openers);
  // The group outlives the chunk that its lines lie in: moves their text.
  void KeepText();
  // The source showed that it is mail as it was sent.
  void ExpectQuotedPrintable() { quoted_printable_ = true; }

 private:
  bool EndsInSoftBreak(const PhysicalLine& next) const;
  std::optional<std::string_view> GlueOf(const PhysicalLine& next, bool record_open,
                                         bool lenient) const;
  std::size_t JoinMarked(PhysicalLine& next, bool record_open) const;

  // True if nothing but one empty line stands between the group and `next`.
  bool IsBelowEmpty(const PhysicalLine& next) const;

  std::vector<PhysicalLine> lines_;
  uint64_t last_empty_ = 0;     // number of the last line that was passed over
  unsigned double_spaced_ = 0;  // so many in a row stood at every second line
  bool maybe_wrapped_ = true;   // no line so far was too wide for mail
  bool quoted_printable_ = false;
  std::string kept_;                   // the text between two chunks
  std::string joined_;                 // the lines as one
  std::vector<BrokenOff> broken_off_;  // all but the first one
};

}  // namespace kautopsy
