#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "parsers/kernel/user_fault.h"

namespace kautopsy {

// What the numbers of a process's fault say, by architecture: access, mode and page of `row` from
// its error_code. What a number does not say stays as it is.
void DecodeX86(Segfault& row);
void DecodeArm64(Segfault& row);
void DecodeArm(Segfault& row);
// The page, from si_code; of any architecture.
void DecodeSiCode(Segfault& row);

// signal_kind of a signal's number, as printed; "other" for those that no fault sends.
std::string KindOfSignal(std::string_view number);
// signal_kind of a program interruption of s390.
std::string KindOfInterruption(int64_t code);

}  // namespace kautopsy
