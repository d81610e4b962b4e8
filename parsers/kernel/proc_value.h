#pragma once

#include <array>

#include "base/row.h"

namespace kautopsy {

// One value of a pasted /proc/meminfo or `free`. Relation `proc_value`.
struct ProcValue {
  Text name;
  Real value;
  Text unit;  // as printed; none for counts
  Integer log_line;

  static constexpr std::string_view kRelation = "proc_value";
  static std::span<const Field<ProcValue>> Fields() {
    using F = Field<ProcValue>;
    static constexpr std::array fields = {
        F("name", &ProcValue::name), F("value", &ProcValue::value), F("unit", &ProcValue::unit),
        F("log_line", &ProcValue::log_line)};
    return fields;
  }
};

}  // namespace kautopsy
