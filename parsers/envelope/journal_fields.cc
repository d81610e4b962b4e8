#include "parsers/envelope/journal_fields.h"

#include <utility>

#include "base/text.h"
#include "parsers/envelope/repair.h"
#include "parsers/envelope/syslog_prefix.h"

namespace kautopsy {
namespace {

// No field is longer: src/libsystemd/sd-journal/journal-file.c has 64 in journal_field_valid().
constexpr std::size_t kMaxNameBytes = 64;
// The kernel's records have at most some thousand bytes (kernel/printk/printk.c,
// CONSOLE_EXT_LOG_MAX is 8192); what is longer is another program's and must not fill memory.
constexpr std::size_t kMaxMessageBytes = 64 << 10;

}  // namespace

std::string_view JournalFields::FieldName(std::string_view text) {
  std::size_t size = 0;
  const auto in_name = [](char c) { return (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_'; };
  while (size < text.size() && in_name(text[size])) ++size;
  if (size > kMaxNameBytes || (size < text.size() && text[size] != '=')) return {};
  return text.substr(0, size);
}

void JournalFields::BeginEntry() {
  from_service_ = false;
  message_bytes_ = 0;
}

// Not __MONOTONIC_TIMESTAMP: it is when the journal received the entry, not when the kernel printed
// it (systemd.journal-fields(7)).
void JournalFields::NoteField(std::string_view name, std::string_view value) {
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

bool JournalFields::IsTooLong(const SourceLine& line) {
  message_bytes_ += line.text.size() + 1;
  return message_bytes_ > kMaxMessageBytes;
}

Taken JournalFields::KeepMessage(const SourceLine& line, std::size_t raw_begin,
                                 std::size_t text_begin) {
  if (IsTooLong(line)) return Taken::kField;
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

Taken JournalFields::KeepDecoded(const SourceLine& line, std::string text) {
  if (IsTooLong(line)) return Taken::kField;
  entry_.message.push_back({.place = {line.number, 1},
                            .raw = std::string(StripLineEnd(line.text)),
                            .text = std::move(text),
                            .openers = line.openers,
                            .cut = line.cut,
                            .too_long = line.too_long});
  return Taken::kMessage;
}

}  // namespace kautopsy
