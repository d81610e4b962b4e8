#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// A function as the kernel names it beside an address: "provoke_init+0x559/0xff0 [provoke]".
struct CodePlace {
  Text symbol;
  Text module;
};

// The function that an instruction pointer's line names (show_regs() of each architecture):
//   RIP: 0010:[<ffffffff8023bada>]  [<ffffffff8023bada>] default_idle+0x7d/0xda
//   RIP: 0010:provoke_init+0x559/0xff0 [provoke]      x86-64 since 4.10
//   IP: provoke_init+0x551/0x1000 [provoke]           arch/x86/mm/fault.c until 4.18
//   EIP is at ioread32+0x32/0x40                      i386; "EIP: ..." since 4.10
//   PC is at regulator_is_enabled+0x3c/0xbc           arm, sh; "pc is at" of alpha
//   pc : clear_inode+0x280/0x2a8                      arm64, arm
//   NIP [c0000000beea10] xfs_extent_busy_trim+0x100/0x290   powerpc
//   Krnl PSW : 0404c00180000000 0000000000431f8e (scsi_alloc_sgtable+0x62/0x7c)   s390
//   epc : crypto_shash_update+0xa/0x2e                riscv; mips with the address before it
//   TPC: <vfs_getattr_nosec+0x34/0xc0>                sparc64
//   IAOQ[0]: __patch_text_multiple+0xc4/0x208         parisc
// None if the line is none of them, or is of user space. Without symbol if the pointer points
// nowhere that has a name.
std::optional<CodePlace> ParseInstructionPointer(std::string_view text);

// What the CPU was doing: the instruction pointer, registers and code bytes. Of the first set that
// is printed; later ones repeat it, or are user space's.
class CrashPlaceSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  // The next line names the instruction pointer's function as a frame does.
  void ExpectPointer() { pointer_follows_ = true; }
  // A trace has begun: registers below it are another context's.
  void EndRegisters() { registers_ended_ = true; }
  const CodePlace& place() const { return place_; }
  bool seen() const { return seen_; }
  const Text& code() const { return code_; }
  Text FaultAddress() const;  // of x86's CR2, arm's and others' words for it
  Text RegistersJson() const;

 private:
  void TakeRegisters(std::string_view text, bool cut);

  bool seen_ = false;
  bool pointer_follows_ = false;
  bool registers_ended_ = false;
  bool behind_user_pointer_ = false;
  CodePlace place_;
  std::vector<std::pair<std::string, std::string>> registers_;
  Text code_;
};

}  // namespace kautopsy
