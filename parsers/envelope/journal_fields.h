#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "parsers/envelope/entry.h"

namespace kautopsy {

// What the journal's entries have in common, in whatever way journalctl writes their fields.
class JournalFields : public EntryReader {
 protected:
  // "NAME" of "NAME=value" or of "NAME" alone; empty if the line is neither.
  static std::string_view FieldName(std::string_view text);

  void BeginEntry();
  // A field of the entry that is not its message.
  void NoteField(std::string_view name, std::string_view value);
  // Keeps the line as one of the message: it begins at `raw_begin`, its text at `text_begin`.
  Taken KeepMessage(const SourceLine& line, std::size_t raw_begin, std::size_t text_begin);
  // The same, of a line whose text must be decoded.
  Taken KeepDecoded(const SourceLine& line, std::string text);

 private:
  bool IsTooLong(const SourceLine& line);

  bool from_service_ = false;
  std::size_t message_bytes_ = 0;
};

}  // namespace kautopsy
