#pragma once

#include <string>
#include <string_view>

#include "parsers/envelope/journal_fields.h"

namespace kautopsy {

// Entries as journalctl -o json-pretty writes them: an object whose members stand on lines of their
// own. A value that is no text is an array of its bytes, which newer ones write a line each.
//   {
//       "_TRANSPORT" : "kernel",
//       "MESSAGE" : "text"
//   }
class JournalPretty final : public JournalFields {
 public:
  // Of a field's line: a line of "{" alone may be anything's.
  static bool Begins(std::string_view line);

  Taken Take(const SourceLine& line) override;

 private:
  Taken TakeArray(const SourceLine& line, std::string_view text);

  bool in_array_ = false;
  bool array_is_message_ = false;
  std::string bytes_;  // of the array
};

}  // namespace kautopsy
