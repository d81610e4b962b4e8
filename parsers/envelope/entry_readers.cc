#include "parsers/envelope/entry_readers.h"

#include "parsers/envelope/dmesg_json.h"
#include "parsers/envelope/journal_export.h"
#include "parsers/envelope/journal_pretty.h"
#include "parsers/envelope/journal_verbose.h"

namespace kautopsy {

std::unique_ptr<EntryReader> EntryReaderFor(std::string_view line) {
  if (JournalExport::Begins(line)) return std::make_unique<JournalExport>();
  if (DmesgJson::Begins(line)) return std::make_unique<DmesgJson>();
  if (JournalVerbose::Begins(line)) return std::make_unique<JournalVerbose>();
  if (JournalPretty::Begins(line)) return std::make_unique<JournalPretty>();
  return nullptr;
}

}  // namespace kautopsy
