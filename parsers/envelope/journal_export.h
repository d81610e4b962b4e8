#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "parsers/envelope/journal_fields.h"

namespace kautopsy {

// Entries as journalctl -o export writes them (systemd, src/shared/logs-show.c, output_export()):
// "__CURSOR=..." first, then one line "NAME=value" per field in any order, and a blank line. A
// value that holds a newline or is no printable UTF-8 is written as the line "NAME", its size as 64
// bits, lowest byte first, the bytes, and a newline.
class JournalExport final : public JournalFields {
 public:
  static bool Begins(std::string_view line) { return line.starts_with("__CURSOR="); }

  Taken Take(const SourceLine& line) override;

 private:
  enum class State {
    kFields,
    kSize,   // of a binary value: its eight bytes may hold newlines
    kValue,  // lines that begin before `value_end_` are the value's
  };

  Taken TakeField(const SourceLine& line);
  Taken TakeSize(const SourceLine& line);

  State state_ = State::kFields;
  bool in_entry_ = false;
  bool in_message_ = false;  // the binary value is the message's
  std::string size_;         // bytes of the size seen so far
  uint64_t value_end_ = 0;   // [bytes] in the source, behind the value's newline
};

}  // namespace kautopsy
