#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "parsers/envelope/log_line.h"
#include "parsers/kernel/crash_head.h"

namespace kautopsy {

// The lines that begin the report of one crash: at most one of each part.
class CrashHeads {
 public:
  // The one that tells most; an empty one without any.
  const CrashHead& Main() const;
  bool IsKind(std::string_view kind) const { return Main().kind == kind; }
  // The line that the kernel dies by, if it is there.
  const std::optional<CrashHead>& die() const { return die_; }
  bool has_cause() const { return cause_.has_value(); }
  // The first thing that one of them says besides.
  const Text& message() const { return message_; }
  void SetMessage(std::string message) { message_ = std::move(message); }
  // True if the line taken last has a date.
  bool dated() const { return dated_; }

  // Nothing but a "[ cut here ]" line so far, or nothing at all.
  bool OnlyMark() const;
  // A warning's mark is there and the line that it announces is not.
  bool AwaitsCause() const { return lead_ && OnlyMark(); }

  // True if the line is the one taken last, printed once more: in the log, not by the kernel.
  bool IsRepeated(const LogLine& line) const;
  // True if it may stand beside those that are there.
  bool Fits(const CrashHead& head) const;
  // `head` is what `line` says.
  void Take(CrashHead head, const LogLine& line);

 private:
  void Merge(CrashHead head);

  std::optional<CrashHead> lead_;
  std::optional<CrashHead> cause_;
  std::optional<CrashHead> die_;
  Text message_;

  std::string last_text_;
  std::optional<int64_t> last_uptime_us_;
  std::string last_caller_;
  bool dated_ = false;
};

}  // namespace kautopsy
