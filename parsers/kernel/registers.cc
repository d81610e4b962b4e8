#include "parsers/kernel/registers.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// powerpc, arm, s390 and the code bytes of all (arch/*/kernel/process.c, traps.c).
constexpr std::array<std::string_view, 25> kHeads = {"--- interrupt:",
                                                     "--- Exception:",
                                                     "NIP [",
                                                     "NIP:",
                                                     "LR [",
                                                     "LR:",
                                                     "LR = ",
                                                     "REGS:",
                                                     "MSR:",
                                                     "GPR",
                                                     "CFAR:",
                                                     "DAR:",
                                                     "CTR:",
                                                     "IRQMASK:",
                                                     "Instruction dump:",
                                                     "Exception stack(",
                                                     "Krnl PSW",
                                                     "Krnl GPRS:",
                                                     "Krnl Code:",
                                                     "User PSW",
                                                     "User GPRS:",
                                                     "User Code:",
                                                     "Last Breaking-Event-Address:",
                                                     "pstate:",
                                                     "====================="};

// x86: "RIP: 0033:0x7fd350c8d62a", "RAX: ... RBX: ...", "ORIG_RAX: ...", "EFLAGS: ...".
const LogPattern& X86Registers() {
  static const LogPattern kPattern(
      R"re((?:[RE][A-Z0-9]{1,2}|[C-GS]S|[CD]R\d|ORIG_RAX|PKRU|[RE]FLAGS): +[0-9a-f(\[].*)re");
  return kPattern;
}

// arm64 "x29: ...", "pc : ..."; mips and riscv "epc   : ...", "$ 0   : ..."; arm "dfa0: 00000000
// ...", sparc "TPC: <...>".
const LogPattern& OtherRegisters() {
  static const LogPattern kPattern(
      R"re((?:[agilorstx]\d+ *|pc|lr|sp|ra|gp|tp|epc|e[a-z]{2}|\$ *\d+ *|[0-9a-f]{3,4}0) *: *[0-9a-f]{4,16}\b.*)re"
      R"re(|s?r\d\d-\d\d +[0-9a-f]{8}.*|[A-Z][A-Z0-9]{0,4} *: [0-9a-f]{8}(?:[0-9a-f]{8})?(?: .*)?|[c-gs]s: [0-9a-f]{4} .*)re"
      R"re(|(?:pc|lr) : (?:\S+\+0x[0-9a-f]+/0x[0-9a-f]+|\[<[0-9a-f]+>\]).*)re");
  return kPattern;
}

// "Code: 4c 8d 34 3e <41> 55", "Code: Unable to access opcode bytes at 0x7fd350c8d600."; also
// without the word, where mail wrapped it.
const LogPattern& CodeBytes() {
  static const LogPattern kPattern(
      R"re((?:Code: )?(?:[<(]?[0-9a-f]{2,8}[>)]? {1,2}){3,}[<(]?[0-9a-f]{1,8}[>)]?|Code: (?:Bad|Unable) .*)re");
  return kPattern;
}

}  // namespace

bool IsStackRow(std::string_view text) {
  if (text == "Stack:" || text == "..." || text.starts_with("Stack: (0x")) return true;
  static const LogPattern kRow(
      R"re((?:Stack ?: +)?(?:(?:[0-9a-f]{8} ){2,}[0-9a-f]{8}|(?:[0-9a-f]{16} ){1,}[0-9a-f]{16}))re");
  if (!text.starts_with("Stack") && (text.size() < 16 || text.find(':') != std::string_view::npos))
    return false;
  return Matches(text, kRow);
}

bool IsRegisterLine(std::string_view text) {
  const auto begins = [&](std::string_view head) { return text.starts_with(head); };
  if (std::any_of(kHeads.begin(), kHeads.end(), begins)) return true;
  return IsStackRow(text) || Matches(text, X86Registers()) || Matches(text, OtherRegisters()) ||
         Matches(text, CodeBytes());
}

}  // namespace kautopsy
