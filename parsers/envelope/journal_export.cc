#include "parsers/envelope/journal_export.h"

#include "base/text.h"
#include "parsers/envelope/repair.h"

namespace kautopsy {
namespace {

constexpr std::size_t kSizeBytes = 8;
// More than any value has (768 MiB, src/basic/journal-importer.h, DATA_SIZE_MAX): the size is
// damaged, and following it would hide all entries below.
constexpr uint64_t kMaxValueBytes = uint64_t{1} << 30;

uint64_t LittleEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (std::size_t i = kSizeBytes; i-- > 0;) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

}  // namespace

Taken JournalExport::Take(const SourceLine& line) {
  if (state_ == State::kSize) return TakeSize(line);
  if (state_ == State::kValue && line.offset < value_end_)
    return in_message_ ? KeepMessage(line, 0, 0) : Taken::kField;
  // The size was wrong if the value does not end with a line: what it swallowed is another entry's.
  if (state_ == State::kValue && line.offset != value_end_) entry_.damaged = true;
  state_ = State::kFields;
  return TakeField(line);
}

Taken JournalExport::TakeField(const SourceLine& line) {
  const std::string_view text = StripLineEnd(line.text);
  const bool begins = Begins(text);  // the blank line before it may be lost
  if (text.empty() || begins) {
    const bool ends = in_entry_ || begins;
    in_entry_ = begins;
    BeginEntry();
    return ends ? Taken::kEnd : Taken::kNone;
  }
  const std::string_view name = FieldName(text);
  if (name.empty()) return Taken::kNone;
  if (name.size() == text.size()) {
    if (!in_entry_) return Taken::kNone;
    state_ = State::kSize;
    size_.clear();
    in_message_ = name == "MESSAGE";
    return Taken::kField;
  }
  in_entry_ = true;
  const std::size_t value = name.size() + 1;
  if (name == "MESSAGE") return KeepMessage(line, 0, value);
  NoteField(name, text.substr(value));
  return Taken::kField;
}

// The size, and the value's first line behind it.
Taken JournalExport::TakeSize(const SourceLine& line) {
  const std::size_t missing = kSizeBytes - size_.size();
  size_.append(line.text).push_back('\n');
  if (size_.size() < kSizeBytes) return Taken::kField;
  const uint64_t bytes = LittleEndian(size_);
  state_ = bytes > kMaxValueBytes ? State::kFields : State::kValue;
  value_end_ = line.offset + missing + bytes + 1;
  const bool holds_text = state_ == State::kValue && in_message_ && missing <= line.text.size();
  return holds_text ? KeepMessage(line, missing, missing) : Taken::kField;
}

}  // namespace kautopsy
