#include "parsers/kernel/fault_code.h"

#include <array>
#include <cstdint>
#include <utility>

namespace kautopsy {

// arch/x86/include/asm/trap_pf.h, enum x86_pf_error_code.
void DecodeX86(Segfault& row) {
  constexpr int64_t kProtection = 1;
  constexpr int64_t kWrite = 2;
  constexpr int64_t kUser = 4;
  constexpr int64_t kInstruction = 16;
  if (!row.error_code) return;
  const int64_t code = *row.error_code;
  row.page = (code & kProtection) != 0 ? "protection" : "not_present";
  row.mode = (code & kUser) != 0 ? "user" : "kernel";
  row.access = (code & kInstruction) != 0 ? "exec" : (code & kWrite) != 0 ? "write" : "read";
}

// arch/arm64/include/asm/esr.h: the class of the exception, and the status of an aborted access.
void DecodeArm64(Segfault& row) {
  constexpr int kClassShift = 26;
  constexpr int64_t kClassMask = 0x3f;
  constexpr int64_t kInstructionAbort = 0x20;  // of user space; 0x21 of the kernel
  constexpr int64_t kDataAbort = 0x24;
  constexpr int64_t kWrite = 0x40;
  constexpr int64_t kStatusMask = 0x3c;
  constexpr int64_t kTranslation = 0x04;
  constexpr int64_t kPermission = 0x0c;
  if (!row.error_code) return;
  const int64_t exception = (*row.error_code >> kClassShift) & kClassMask;
  const int64_t abort = exception & ~int64_t{1};
  if (abort != kInstructionAbort && abort != kDataAbort) return;
  const bool write = (*row.error_code & kWrite) != 0;
  row.access = abort == kInstructionAbort ? "exec" : write ? "write" : "read";
  row.mode = exception == abort ? "user" : "kernel";
  const int64_t status = *row.error_code & kStatusMask;
  if (status == kTranslation) row.page = "not_present";
  if (status == kPermission) row.page = "protection";
}

// include/uapi/asm-generic/siginfo.h: SEGV_MAPERR, SEGV_ACCERR.
void DecodeSiCode(Segfault& row) {
  if (row.signal_kind != "segfault") return;
  if (row.si_code == 1) row.page = "not_present";
  if (row.si_code == 2) row.page = "protection";
}

// include/uapi/asm-generic/signal.h.
std::string KindOfSignal(std::string_view number) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kNames = {
      {{"4", "illegal_instruction"},
       {"5", "trap"},
       {"7", "bus_error"},
       {"8", "floating_point_exception"},
       {"11", "segfault"}}};
  for (const auto& [signal, name] : kNames) {
    if (signal == number) return std::string(name);
  }
  return "other";
}

// arch/arm/mm/fault.h: FSR_WRITE, FSR_LNX_PF.
void DecodeArm(Segfault& row) {
  constexpr int64_t kWrite = int64_t{1} << 11;
  constexpr int64_t kInstruction = int64_t{1} << 31;
  if (!row.error_code) return;
  const bool write = (*row.error_code & kWrite) != 0;
  row.access = (*row.error_code & kInstruction) != 0 ? "exec" : write ? "write" : "read";
}

// Program interruption codes, arch/s390/kernel/pgm_check.S.
std::string KindOfInterruption(int64_t code) {
  constexpr int64_t kOperation = 0x01;
  constexpr int64_t kProtection = 0x04;
  constexpr int64_t kSegmentTranslation = 0x10;
  constexpr int64_t kPageTranslation = 0x11;
  constexpr int64_t kAsceType = 0x38;
  constexpr int64_t kRegionThirdTranslation = 0x3b;
  if (code == kOperation) return "illegal_instruction";
  const bool translation = code == kSegmentTranslation || code == kPageTranslation ||
                           (code >= kAsceType && code <= kRegionThirdTranslation);
  return translation || code == kProtection ? "segfault" : "other";
}

}  // namespace kautopsy
