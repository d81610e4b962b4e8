#include "parsers/envelope/journal_export.h"

#include "base/text.h"
#include "parsers/envelope/repair.h"
#include "parsers/envelope/syslog_prefix.h"

namespace kautopsy {
namespace {

constexpr std::size_t kSizeBytes = 8;
// No field is longer: src/libsystemd/sd-journal/journal-file.c has 64 in journal_field_valid().
constexpr std::size_t kMaxNameBytes = 64;
// More than any value has (768 MiB, src/basic/journal-importer.h, DATA_SIZE_MAX): the size is
// damaged, and following it would hide all entries below.
constexpr uint64_t kMaxValueBytes = uint64_t{1} << 30;
// The kernel's records have at most some thousand bytes (kernel/printk/printk.c,
// CONSOLE_EXT_LOG_MAX is 8192); what is longer is another program's and must not fill memory.
constexpr std::size_t kMaxMessageBytes = 64 << 10;

// "NAME" of "NAME=value" or of "NAME" alone; empty if the line is neither.
std::string_view FieldName(std::string_view text) {
  std::size_t size = 0;
  const auto in_name = [](char c) { return (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_'; };
  while (size < text.size() && in_name(text[size])) ++size;
  if (size > kMaxNameBytes || (size < text.size() && text[size] != '=')) return {};
  return text.substr(0, size);
}

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
    from_service_ = false;
    message_bytes_ = 0;
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

// Not __MONOTONIC_TIMESTAMP: it is when the journal received the entry, not when the kernel printed
// it (systemd.journal-fields(7)).
void JournalExport::NoteField(std::string_view name, std::string_view value) {
  if (name == "_TRANSPORT" || name == "SYSLOG_IDENTIFIER") {
    // A service chooses its identifier; the journal tells how the entry came.
    if (name == "_TRANSPORT") from_service_ = value == "stdout" || value == "journal";
    entry_.kernel = !from_service_ && (entry_.kernel || value == "kernel");
    entry_.witness = entry_.witness || IsWitness(std::string(value) + "[");
  } else if (name == "_HOSTNAME") {
    entry_.host = value;
  } else if (name == "_BOOT_ID") {
    entry_.boot_id = value;
  } else if (name == "__REALTIME_TIMESTAMP") {
    if (const auto micros = ParseInteger(value)) entry_.time = FromUnixMicroseconds(*micros);
  } else if (name == "_SOURCE_MONOTONIC_TIMESTAMP") {
    entry_.uptime_us = ParseInteger(value);
  }
}

Taken JournalExport::KeepMessage(const SourceLine& line, std::size_t raw_begin,
                                 std::size_t text_begin) {
  message_bytes_ += line.text.size() + 1;
  if (message_bytes_ > kMaxMessageBytes) return Taken::kField;
  const auto part = [&](std::size_t begin) {
    const std::string_view text = StripLineEnd(line.text.substr(begin));
    return std::string(line.cut ? TrimToSure(text) : text);
  };
  entry_.message.push_back({.place = {line.number, static_cast<uint32_t>(raw_begin + 1)},
                            .raw = part(raw_begin),
                            .text = part(text_begin),
                            .openers = line.openers,
                            .cut = line.cut,
                            .too_long = line.too_long});
  return Taken::kMessage;
}

}  // namespace kautopsy
