#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/row.h"

namespace kautopsy {

// Relation `io_error`.
struct IoError {
  Text device;
  Text kind;
  Text operation;
  Integer sector;
  Integer block;
  Text host_status;
  Text sense_key;
  Text sense;
  Text status;
  Text error;
  Text message;

  static constexpr std::string_view kRelation = "io_error";
  static std::span<const Field<IoError>> Fields() {
    using F = Field<IoError>;
    static constexpr std::array fields = {
        F("device", &IoError::device),       F("kind", &IoError::kind),
        F("operation", &IoError::operation), F("sector", &IoError::sector),
        F("block", &IoError::block),         F("host_status", &IoError::host_status),
        F("sense_key", &IoError::sense_key), F("sense", &IoError::sense),
        F("status", &IoError::status),       F("error", &IoError::error),
        F("message", &IoError::message)};
    return fields;
  }
};

// "medium error on sda". Without a kind it is not known more closely.
inline std::string TitleOf(const IoError& row) {
  const std::string kind = row.kind.value_or("io_error");
  std::string title = "I/O error on ";
  if (kind == "medium") title = "medium error on ";
  if (kind == "timeout") title = "timeout on ";
  if (kind == "reset") title = "device reset: ";
  if (kind == "offline") title = "device offline: ";
  return title + row.device.value_or("unknown device");
}

// The line that the block layer prints of a request, which may follow what its driver says of it.
std::optional<IoError> ParseRequestLine(std::string_view text);

}  // namespace kautopsy
