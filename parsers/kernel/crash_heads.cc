#include "parsers/kernel/crash_heads.h"

#include <utility>

namespace kautopsy {
namespace {

using Part = CrashHead::Part;

// "------------[ cut here ]------------", above a WARN()'s or BUG()'s line.
bool IsCutHere(const CrashHead& head) { return head.part == Part::kLead && head.kind == "warning"; }

}  // namespace

const CrashHead& CrashHeads::Main() const {
  static const CrashHead kNone;
  if (cause_) return *cause_;
  if (lead_ && !(IsCutHere(*lead_) && die_)) return *lead_;
  return die_ ? *die_ : kNone;
}

bool CrashHeads::OnlyMark() const { return !cause_ && !die_ && (!lead_ || IsCutHere(*lead_)); }

bool CrashHeads::IsRepeated(const LogLine& line) const {
  return line.text == last_text_ && line.uptime_us == last_uptime_us_ &&
         line.caller == last_caller_;
}

bool CrashHeads::Fits(const CrashHead& head) const {
  switch (head.part) {
    case Part::kLead:
      return !die_ && !(lead_ && IsCutHere(head) == IsCutHere(*lead_)) &&
             !(cause_ && IsCutHere(head));
    case Part::kCause:
      // KASAN and others name first what was inlined: "in f file.c:12 [inline]".
      if (cause_ && cause_->kind == "sanitizer" && head.kind == "sanitizer")
        return last_text_.ends_with("[inline]");
      // The watchdog's message stands below its warning until 3.13.
      if (cause_) return cause_->kind == "warning" && head.kind == "hard_lockup";
      return !die_;
    case Part::kDie:
      return !die_ && (!cause_ || cause_->kind == "oops" || cause_->kind == "bug");
  }
  return false;
}

void CrashHeads::Take(CrashHead head, const LogLine& line) {
  Merge(std::move(head));
  last_text_ = std::string(line.text);
  last_uptime_us_ = line.uptime_us;
  last_caller_ = std::string(line.caller);
  dated_ = line.time.has_value();
}

void CrashHeads::Merge(CrashHead head) {
  if (head.message && !message_) message_ = head.message;
  if (head.part == Part::kDie) {
    die_ = std::move(head);
  } else if (head.part == Part::kCause) {
    if (cause_ && !head.file) {
      head.file = cause_->file;
      head.line = cause_->line;
    }
    cause_ = std::move(head);
  } else if (!lead_ || IsCutHere(*lead_)) {
    lead_ = std::move(head);
  }
}

}  // namespace kautopsy
