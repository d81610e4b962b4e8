#pragma once

#include <array>
#include <span>
#include <string>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// Relation `hardware_error`.
struct HardwareError {
  Text source;
  Text severity;
  Text error_type;
  Integer cpu;
  Integer bank;
  Text status;
  Text address;
  Text pfn;
  Integer controller;
  Text label;
  Text location;
  Integer count;
  Text message;

  static constexpr std::string_view kRelation = "hardware_error";
  static std::span<const Field<HardwareError>> Fields() {
    using F = Field<HardwareError>;
    static constexpr std::array fields = {F("source", &HardwareError::source),
                                          F("severity", &HardwareError::severity),
                                          F("error_type", &HardwareError::error_type),
                                          F("cpu", &HardwareError::cpu),
                                          F("bank", &HardwareError::bank),
                                          F("status", &HardwareError::status),
                                          F("address", &HardwareError::address),
                                          F("pfn", &HardwareError::pfn),
                                          F("controller", &HardwareError::controller),
                                          F("label", &HardwareError::label),
                                          F("location", &HardwareError::location),
                                          F("count", &HardwareError::count),
                                          F("message", &HardwareError::message)};
    return fields;
  }
};

// "corrected hardware error".
inline std::string TitleOf(const HardwareError& row) {
  return row.severity ? *row.severity + " hardware error" : "hardware error";
}

// Adds the rows, and the event's row of relation `crash`. The event has its kind, title and
// process.
void AddHardwareErrors(EventRecord& event, std::vector<HardwareError>&& rows);

}  // namespace kautopsy
