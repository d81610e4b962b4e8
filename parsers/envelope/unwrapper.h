#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "parsers/envelope/entry.h"
#include "parsers/envelope/latest_head.h"
#include "parsers/envelope/log_line.h"

namespace kautopsy {

// Makes the lines that the kernel printed out of what stands in a source: undoes what transports
// did to them, takes their prefixes apart, and splits records that hold several lines. Lines of a
// source are given in order.
class Unwrapper {
 public:
  // `line` has its place, `raw`, `wrapped`, `cut`, and as `text` all that is raw in one. The result
  // and its views live until the next call. Empty for lines of other programs within a container's
  // or the journal's JSON.
  std::vector<LogLine>& Unwrap(const LogLine& line);

  // How many lines the message has that the line given to Unwrap() last holds as JSON; else 1.
  uint64_t message_lines() const { return message_lines_; }

  // From here on lines are decoded as quoted-printable.
  void ExpectQuotedPrintable() { quoted_printable_ = true; }

  // The same for a line of an entry's message; the result's views lie in both.
  std::vector<LogLine>& UnwrapMessage(const Entry& entry, const MessageLine& message);

  // The line given last belongs to a record: lines below it with blanks in place of its prefix are
  // the rest of what the kernel printed in one go (journalctl, dmesg).
  void NoteClaimed(const LogLine& line);

 private:
  // A prefix that the lines below it share.
  struct Prefix {
    uint64_t line = 0;
    std::size_t indent = 0;
    std::string host;
    std::string boot_id;
    std::optional<PrintedTime> time;
    std::string local_time;
    std::optional<int64_t> uptime_us;
  };

  bool UnwrapJson(const LogLine& line, std::string_view object);
  void Split(const LogLine& line, std::string_view text);
  // Several messages that stand in one line without a line end between; false if it holds one.
  bool SplitMessages(const LogLine& whole);
  bool IsRestOfAbove(const LogLine& line) const;
  void Inherit(LogLine& line) const;

  std::vector<LogLine> lines_;
  std::string clean_;      // the line, cleaned
  std::string decoded_;    // the line, decoded
  std::string host_;       // of a JSON object
  std::string boot_id_;    // of a JSON object
  std::string json_text_;  // the text of a JSON object
  std::string unescaped_;  // the text, its control bytes restored
  LatestHead head_;
  Prefix above_;  // of the last line of a record
  uint64_t message_lines_ = 1;
  bool quoted_printable_ = false;
  bool is_rest_ = false;  // the line given last has its prefix from `above_`
};

}  // namespace kautopsy
