#include "parsers/kernel/crash_head.h"

#include <algorithm>
#include <iterator>

#include "base/text.h"
#include "parsers/kernel/crash_form.h"
#include "parsers/kernel/crash_forms.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

using Part = CrashHead::Part;

// Accesses to memory that the kernel cannot do: arch/x86/mm/fault.c, show_fault_oops(); powerpc,
// bad_page_fault(); s390, dump_fault_info(); arm, arm64, mips, riscv, sparc and others likewise.
// The same title for the words of all times.
std::optional<CrashHead> ParseFault(std::string_view text) {
  if (text.find("nable to handle ") == std::string_view::npos && !text.starts_with("BUG: "))
    return std::nullopt;
  static const LogPattern kUnable(
      R"re((?:CPU \d+ )?(?:BUG: )?[Uu]nable to handle kernel )re"
      R"re((access|NULL pointer(?: dereference)?|paging request|data access|instruction fetch|unaligned access)re"
      R"re(|unknown fault|pointer dereference(?: in virtual \w+ address space)?)re"
      R"re(|(?:[a-z-]+ ){1,4}memory(?: (?:outside|without) uaccess routines| with fs=KERNEL_DS)?))re"
      R"re((?: on (?:read|write)| for (?:data|instruction fetch|unknown fault))?)re"
      R"re((?:(?: at)?(?: virtual)?(?: \(?address:?)? *(?:0x)?([0-9a-f]{4,16}|\(null\)|\(ptrval\))\)?)?)re"
      R"re((, (?:epc|pc|era) ==.*| when (?:read|write|execute)| ?RIP:| at| at virtual)?)re");
  static const LogPattern kPageFault(
      R"re(BUG: (?:[Uu]nable to handle )?(page fault for address|kernel NULL pointer dereference, address|Kernel NULL pointer dereference(?: on (?:read|write))? at):? ?(?:0x)?([0-9a-f]{4,16}))re");
  CrashHead head;
  head.kind = "oops";
  std::string_view what;
  if (const auto groups = MatchAll<2>(text, kPageFault)) {
    what = (*groups)[0];
    SetFaultAddress((*groups)[1], head);
  } else if (const auto words = MatchAll<3>(text, kUnable)) {
    what = (*words)[0];
    SetFaultAddress((*words)[1], head);
    head.pointer_follows = (*words)[2].ends_with("RIP:");
  } else {
    return std::nullopt;
  }
  if (what.find("NULL pointer") != std::string_view::npos)
    head.title = "BUG: unable to handle kernel NULL pointer dereference";
  else if (what == "paging request" || what == "data access" || what == "access" ||
           what.starts_with("page fault"))
    head.title = "BUG: unable to handle kernel paging request";
  else
    head.title = "BUG: unable to handle kernel " + std::string(what);
  return head;
}

// The title for the name of a trap, as die() gets it: arch/x86/kernel/traps.c, arm64's and others'.
void SetTrap(std::string_view name, CrashHead& head) {
  head.kind = "oops";
  if (name.empty()) {
    head.title = "Oops";
  } else if (name.starts_with("general protection fault")) {
    head.kind = "gpf";
    head.title = "general protection fault";
  } else if (name == "BUG" || name == "Kernel BUG" || name == "Kernel bug detected") {
    head.kind = "bug";
    head.title = "kernel BUG";
  } else {
    head.title = std::string(name);
  }
}

// "cat(183): Oops 0" (arch/alpha/kernel/traps.c, die_if_kernel()), behind the CPU since 5.x.
std::optional<CrashHead> ParseAlphaDie(std::string_view text) {
  static const LogPattern kPattern(R"re((?:CPU \d+ ?)?(.{1,15})\((\d+)\): Oops -?\d+)re");
  const auto groups = MatchAll<2>(text, kPattern);
  if (!groups) return std::nullopt;
  CrashHead head;
  head.part = Part::kDie;
  SetTrap("", head);
  head.comm = std::string((*groups)[0]);
  head.pid = ParseInteger((*groups)[1]);
  return head;
}

// What die() is told by arch/x86/kernel/traps.c and arch/s390/kernel/traps.c and their like.
bool IsTrap(std::string_view name) {
  constexpr std::string_view kTraps[] = {"general protection fault",
                                         "invalid opcode",
                                         "invalid operand",
                                         "divide error",
                                         "double fault",
                                         "stack guard page",
                                         "stack segment",
                                         "illegal operation",
                                         "segment not present",
                                         "invalid TSS",
                                         "bounds",
                                         "int3",
                                         "debug",
                                         "coprocessor",
                                         "alignment check",
                                         "simd",
                                         "specification exception",
                                         "addressing exception"};
  return std::any_of(std::begin(kTraps), std::end(kTraps),
                     [name](std::string_view trap) { return name.starts_with(trap); });
}

// "Oops: 0002 [#1] SMP", "general protection fault: 0000 [#1]", "Internal error: Oops: 5 [#1]",
// "Oops[#1]:" (mips), "systemd(1): Oops [#1]" (sparc), "Oops: 0000 [1] SMP" (x86-64 until 2.6.25),
// "Oops: Kernel access of bad area, sig: 11 [#1]" (powerpc): die() of each architecture.
std::optional<CrashHead> ParseDie(std::string_view text) {
  if (text.find('[') == std::string_view::npos) return ParseAlphaDie(text);
  constexpr std::string_view kGpf = "general protection fault";
  if (text.starts_with("kasan: GPF could be caused by") && text.find(kGpf) < text.size())
    text.remove_prefix(text.find(kGpf));  // KASAN's note of 4.x has no end of line
  static const LogPattern kPattern(
      R"re((?:(.{0,15})\((\d+)\): )?((?:Internal error: |Oops: |Oops - |Fault - )*)([A-Za-z][\w ,()/.-]*?)?)re"
      R"re((?:(?:: |^)([0-9a-f]{1,16})|, sig: \d+)?(?: ilc:\d)? ?\[#?(\d+)\]:?(?: ?[A-Z][A-Z_0-9 =()+a-z]*| *)?)re");
  const auto groups = MatchAll<6>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [comm, pid, source, name, code, count] = *groups;
  CrashHead head;
  head.part = Part::kDie;
  std::string_view trap = name;
  // Without "#", as x86-64 printed it until 2.6.25, the code tells it from prose.
  const bool counted = text.find("[#") != std::string_view::npos || !code.empty();
  const bool named = pid.empty() || trap.empty() || (trap[0] >= 'A' && trap[0] <= 'Z');
  if (!counted || !named) return std::nullopt;
  const bool oops = trap == "Oops" || !source.empty() || !pid.empty() || trap == "Kernel BUG" ||
                    trap == "Kernel bug detected" || trap.find("in kernel") < trap.size();
  if (!oops && code.size() < 4) return std::nullopt;
  head.known = oops || IsTrap(trap);
  if (trap == "Oops") trap = "";
  if (trap.starts_with("general protection fault, ")) {  // since 5.5
    static const LogPattern kAddress(R"re(.* address 0x([0-9a-f]+))re");
    if (const auto address = MatchAll<1>(trap, kAddress))
      head.fault_address = std::string((*address)[0]);
  }
  SetTrap(trap, head);
  if (!pid.empty()) {
    head.comm = std::string(comm);
    head.pid = ParseInteger(pid);
  }
  head.oops_count = ParseInteger(count);
  return head;
}

// A BUG: line that nobody taught us, without the numbers in it.
std::optional<CrashHead> ParseUnknownBug(std::string_view text) {
  if (!text.starts_with("BUG: ")) return std::nullopt;
  CrashHead head;
  head.kind = "bug";
  head.title = std::string(text);
  head.known = false;
  return head;
}

// The watchdogs and others put their name before the message.
std::string_view SkipSource(std::string_view text) {
  // Until 2.6.2x a line's priority stands within another's text.
  if (text.size() > 3 && text[0] == '<' && IsDigit(text[1]) && text[2] == '>')
    text = TrimBlanks(text.substr(3));
  for (const std::string_view source : {"NMI watchdog: ", "watchdog: ", "rcu: ", "traps: "})
    if (ConsumePrefix(text, source)) return text;
  while (text.starts_with("---")) {
    const std::size_t end = text.find_first_not_of('-');
    text = TrimBlanks(text.substr(std::min(end, text.size())));
  }
  return text;
}

}  // namespace

std::optional<CrashHead> ParseCrashHead(std::string_view text) {
  text = SkipSource(text);
  if (std::optional<CrashHead> head = ParseFault(text)) return head;
  if (std::optional<CrashHead> head = ParseCrashForm(text)) return head;
  if (std::optional<CrashHead> head = ParseDie(text)) return head;
  return ParseUnknownBug(text);
}

}  // namespace kautopsy
