#include "parsers/envelope/journal_verbose.h"

#include <algorithm>

#include "base/text.h"
#include "parsers/envelope/repair.h"

namespace kautopsy {
namespace {

constexpr std::string_view kCursor = " [s=";
constexpr std::size_t kFieldIndent = 4;
constexpr std::string_view kMessage = "MESSAGE=";
constexpr std::string_view kBlanks = "            ";  // before further lines of a message
static_assert(kBlanks.size() == kFieldIndent + kMessage.size());

// "29b5aaf" of "...;m=29b5aaf;...".
std::string_view PartOf(std::string_view cursor, std::string_view key) {
  const std::size_t at = cursor.find(key);
  if (at == std::string_view::npos) return {};
  const std::string_view rest = cursor.substr(at + key.size());
  return rest.substr(0, rest.find_first_of(";]"));
}

}  // namespace

std::optional<int64_t> JournalVerbose::TimeOf(std::string_view line) {
  line = StripLineEnd(line);
  if (!line.ends_with(']') || line[0] == ' ') return std::nullopt;
  const std::size_t at = line.find(kCursor);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view cursor = line.substr(at);
  return PartOf(cursor, ";b=").empty() ? std::nullopt : ParseHex(PartOf(cursor, ";t="));
}

Taken JournalVerbose::Take(const SourceLine& line) {
  const std::string_view text = StripLineEnd(line.text);
  if (Begins(text)) return TakeHead(text);
  if (!in_entry_) return Taken::kNone;
  if (cursor_) {
    entry_.boot_id = PartOf(*cursor_, ";b=");
    if (const auto micros = ParseHex(PartOf(*cursor_, ";t=")))
      entry_.time = FromUnixMicroseconds(*micros);
    cursor_.reset();
  }
  if (in_message_ && text.starts_with(kBlanks)) return KeepMessage(line, 0, kBlanks.size());
  const std::string_view field = text.substr(std::min(text.size(), kFieldIndent));
  const std::string_view name = FieldName(field);
  in_entry_ = text.starts_with(kBlanks.substr(0, kFieldIndent)) && name.size() < field.size() &&
              !name.empty();
  if (!in_entry_) return Taken::kNone;
  in_message_ = field.starts_with(kMessage);
  if (in_message_) return KeepMessage(line, 0, kBlanks.size());
  NoteField(name, field.substr(name.size() + 1));
  return Taken::kField;
}

Taken JournalVerbose::TakeHead(std::string_view line) {
  const bool ends = in_entry_;
  BeginEntry();
  in_entry_ = true;
  in_message_ = false;
  cursor_ = std::string(line.substr(line.find(kCursor)));
  return ends ? Taken::kEnd : Taken::kField;
}

}  // namespace kautopsy
