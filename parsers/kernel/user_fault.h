#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/row.h"

namespace kautopsy {

// Relation `segfault`.
struct Segfault {
  Text comm;
  Integer pid;
  Text signal_kind;
  Text reason;
  Text fault_address;
  Text ip;
  Text sp;
  Integer error_code;
  Integer si_code;
  Text access;
  Text mode;
  Text page;
  Text object;
  Text object_base;
  Integer object_size;
  Integer object_offset;
  Integer cpu;
  Text code;

  static constexpr std::string_view kRelation = "segfault";
  static std::span<const Field<Segfault>> Fields();
};

// What may follow the first line of a record.
enum class FaultTail {
  kNone,
  kCode,        // "Code: ..."
  kUserCode,    // "comm[pid]: code: ...", in two lines
  kMipsPlaces,  // "epc = ... in object[...]", "ra  = ..."
  kRegisters,   // the process line and registers
};

struct UserFault {
  Segfault row;
  FaultTail tail = FaultTail::kNone;
};

// Reads the first line of a record; none if it is none.
std::optional<UserFault> ParseUserFault(std::string_view text);
// Reads a line of kMipsPlaces, of which "epc" tells where the instruction is; false if it is none.
bool ParseMipsPlace(std::string_view text, Segfault& row);

}  // namespace kautopsy
