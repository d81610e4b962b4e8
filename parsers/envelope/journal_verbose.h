#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "parsers/envelope/journal_fields.h"

namespace kautopsy {

// Entries as journalctl -o verbose writes them (systemd, src/shared/logs-show.c, output_verbose()):
//   Sun 2026-11-22 10:50:50.401269 UTC
//   [s=7a0b...;i=1;b=281b...;m=29b5aaf;t=660db4022f5f5;x=29fa...]
//       _TRANSPORT=kernel
//       MESSAGE=first line
//               second line
// The cursor in brackets tells the boot and the time, whatever the zone of the clock before it
// (sd-journal.c, sd_journal_get_cursor()).
class JournalVerbose final : public JournalFields {
 public:
  static bool Begins(std::string_view line) { return TimeOf(line).has_value(); }
  // [us] since the epoch, of the entry that `line` begins; none if it begins none.
  static std::optional<int64_t> TimeOf(std::string_view line);

  Taken Take(const SourceLine& line) override;

 private:
  Taken TakeHead(std::string_view line);

  bool in_entry_ = false;
  bool in_message_ = false;
  std::optional<std::string> cursor_;  // of an entry whose fields are still to come
};

}  // namespace kautopsy
