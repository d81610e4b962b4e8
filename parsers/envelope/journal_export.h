#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "parsers/envelope/entry.h"

namespace kautopsy {

// Entries as journalctl -o export writes them (systemd, src/shared/logs-show.c, output_export()):
// "__CURSOR=..." first, then one line "NAME=value" per field in any order, and a blank line. A
// value that holds a newline or is no printable UTF-8 is written as the line "NAME", its size as 64
// bits, lowest byte first, the bytes, and a newline.
class JournalExport final : public EntryReader {
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
  void NoteField(std::string_view name, std::string_view value);
  // Keeps the line as one of the message: it begins at `raw_begin`, its text at `text_begin`.
  Taken KeepMessage(const SourceLine& line, std::size_t raw_begin, std::size_t text_begin);

  State state_ = State::kFields;
  bool in_entry_ = false;
  bool from_service_ = false;
  bool in_message_ = false;  // the binary value is the message's
  std::string size_;         // bytes of the size seen so far
  uint64_t value_end_ = 0;   // [bytes] in the source, behind the value's newline
  std::size_t message_bytes_ = 0;
};

}  // namespace kautopsy
