// The first line of what the kernel prints when it ends a process for a fault of its own.
//   crasher[143]: segfault at 10 ip 0000000000401615 sp 00007ffd2dae5c68 error 6 in
//   crasher[1615,401000+78000] likely on CPU 0 (core 0, socket 0)
//       arch/x86/mm/fault.c, show_signal_msg(); "rip" and "rsp" until 2.6.24 on x86-64, CPU since
//       6.1; arch/sparc/mm/fault_64.c has "(rpc ...)" between. The object: mm/memory.c,
//       print_vma_addr(), since 2.6.25; the offset in its file since 6.5. Since 4.19 the bytes
//       around ip follow (arch/x86/kernel/dumpstack.c, show_opcodes()).
//   traps: crasher[143] trap invalid opcode ip:401615 sp:7ffd2dae5c68 error:0 in crasher[...]
//       arch/x86/kernel/traps.c, do_trap() and do_general_protection(), later show_signal(); cet.c,
//       do_user_cp_fault(), since 6.6; signal.c, signal_fault(): "bad frame in ..."
//   crasher[143]: unhandled level 1 translation fault (11) at 0x00000010, esr 0x92000005
//       arch/arm64/mm/fault.c, __do_user_fault(), until 4.17; then traps.c, arm64_show_signal():
//       "unhandled exception: DABT (lower EL), ESR 0x92000005, level 1 translation fault in ...".
//       Registers follow.
//   crasher[143]: segfault (11) at 10 nip 10000650 lr 10000640 code 1 in crasher[10000000+10000]
//       arch/powerpc/kernel/traps.c, show_signal_msg(), since 4.20; code bytes follow
//       (process.c, show_user_instructions()). "unhandled signal 11 at ..." before.
//   crasher[143]: unhandled signal 11 code 0x1 at 0x0000000000000010 in crasher[10000+1000]
//       arch/riscv/kernel/traps.c, do_trap(); registers follow
//   do_page_fault(): sending SIGSEGV to crasher for invalid read access from 00000010
//       arch/mips/mm/fault.c, __do_page_fault(); "epc = ... in crasher[...]" and "ra  = ..." follow
//   crasher: unhandled page fault (11) at 0x00000010, code 0x017
//       arch/arm/mm/fault.c, __do_user_fault(), where CONFIG_DEBUG_USER is set; registers follow
//   User process fault: interruption code 0011 ilc:3 in crasher[1000000+2000]
//       arch/s390/mm/fault.c, report_user_fault(); the address and registers follow
//   do_page_fault() command='crasher' type=15 address=0x00000010 in crasher[10000+1000]
//       arch/parisc/mm/fault.c, show_signal_msg(); "trap #15: Data TLB miss fault" and
//       registers follow
#include "parsers/kernel/user_fault.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/text.h"
#include "parsers/kernel/fault_code.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr char kHead[] = R"re((.{0,15})\[(\d+)\])re";
constexpr char kObject[] = R"re((?:,? in (.+)\[(?:([0-9a-f]+),)?([0-9a-f]+)\+([0-9a-f]+)\])?)re";

// A pattern between the head's two groups and the object's four.
LogPattern Between(const std::string& middle, const char* end = "", const char* begin = "") {
  return LogPattern(begin + (kHead + middle) + kObject + end);
}

void SetProcess(std::span<const std::string_view, 2> groups, Segfault& row) {
  row.comm = std::string(groups[0]);
  row.pid = ParseInteger(groups[1]);
}

void SetObject(std::span<const std::string_view, 4> groups, Segfault& row) {
  row.object = TextOf(groups[0]);
  row.object_offset = ParseHex(groups[1]);
  row.object_base = TextOf(groups[2]);
  row.object_size = ParseHex(groups[3]);
}

// "invalid opcode" -> "invalid_opcode".
std::string ToKind(std::string_view words) {
  std::string kind(words);
  std::replace(kind.begin(), kind.end(), ' ', '_');
  return kind;
}

std::optional<UserFault> ParsePageFault(std::string_view text) {
  // A null pointer is printed as (null), to the width of the others, until 4.14.
  static const LogPattern kPattern =
      Between(R"re(: segfault at ([0-9a-f]+) r?ip ([0-9a-f]+| *\(null\)))re"
              R"re((?: \(rpc [0-9a-f]+\))? r?sp ([0-9a-f]+| *\(null\)) error ([0-9a-f]+))re",
              R"re((?: likely on CPU (\d+) \(core -?\d+, socket -?\d+\))?)re");
  const auto groups = MatchAll<11>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  UserFault fault;
  fault.tail = FaultTail::kCode;
  Segfault& row = fault.row;
  SetProcess(all.first<2>(), row);
  row.signal_kind = "segfault";
  row.fault_address = std::string(all[2]);
  row.ip = all[3].ends_with(')') ? "0" : std::string(all[3]);
  row.sp = all[4].ends_with(')') ? "0" : std::string(all[4]);
  row.error_code = ParseHex(all[5]);
  SetObject(all.subspan<6, 4>(), row);
  row.cpu = ParseInteger(all[10]);
  if (text.find(" (rpc ") == std::string_view::npos) DecodeX86(row);
  return fault;
}

std::optional<UserFault> ParseTrap(std::string_view text) {
  static const LogPattern kPattern = Between(
      R"re( (?:trap ([A-Za-z0-9 -]{1,40})|(general protection|control protection)(?: fault)?))re"
      R"re( ip:([0-9a-f]+) sp:([0-9a-f]+)(?: ssp:[0-9a-f]+)? error:([0-9a-f]+))re"
      R"re((?:\([a-z -]+\)(?: in enclave)?)?)re",
      "", "(?:traps: )?");
  const auto groups = MatchAll<11>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  UserFault fault;
  Segfault& row = fault.row;
  SetProcess(all.first<2>(), row);
  row.signal_kind = ToKind(all[2].empty() ? all[3] : all[2]);
  row.ip = std::string(all[4]);
  row.sp = std::string(all[5]);
  row.error_code = ParseHex(all[6]);
  SetObject(all.subspan<7, 4>(), row);
  return fault;
}

std::optional<UserFault> ParseBadFrame(std::string_view text) {
  static const LogPattern kPattern =
      Between(R"re( (bad frame in \w{1,40}) frame:\S+ ip:([0-9a-f]+) sp:([0-9a-f]+) orax:)re"
              R"re([0-9a-f]+)re");
  const auto groups = MatchAll<9>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  UserFault fault;
  Segfault& row = fault.row;
  SetProcess(all.first<2>(), row);
  row.signal_kind = "bad_frame";
  row.reason = std::string(all[2]);
  row.ip = std::string(all[3]);
  row.sp = std::string(all[4]);
  SetObject(all.subspan<5, 4>(), row);
  return fault;
}

// Of faults that have no number: what a page's fault is called in arch/arm64/mm/fault.c.
std::string KindOfArm64(std::string_view reason) {
  for (const std::string_view fault :
       {" translation fault", " permission fault", " access flag fault", " address size fault"}) {
    if (reason.ends_with(fault)) return "segfault";
  }
  return ToKind(reason);
}

std::optional<UserFault> ParseArm64(std::string_view text) {
  static const LogPattern kOld =
      Between(R"re(: unhandled (.+) \((\d+)\) at 0x([0-9a-f]+), esr 0x([0-9a-f]+))re");
  static const LogPattern kNew =
      Between(R"re(: unhandled exception: (?:[^,]+, ESR 0x([0-9a-f]+), )?([^,\[\]]+?))re");
  UserFault fault;
  fault.tail = FaultTail::kRegisters;
  Segfault& row = fault.row;
  if (const auto groups = MatchAll<10>(text, kOld)) {
    const std::span all(*groups);
    SetProcess(all.first<2>(), row);
    row.reason = std::string(all[2]);
    row.signal_kind = KindOfSignal(all[3]);
    row.fault_address = std::string(all[4]);
    row.error_code = ParseHex(all[5]);
    SetObject(all.subspan<6, 4>(), row);
  } else if (const auto newer = MatchAll<8>(text, kNew)) {
    const std::span all(*newer);
    SetProcess(all.first<2>(), row);
    row.error_code = ParseHex(all[2]);
    row.reason = std::string(all[3]);
    row.signal_kind = KindOfArm64(all[3]);
    SetObject(all.subspan<4, 4>(), row);
  } else {
    return std::nullopt;
  }
  DecodeArm64(row);
  return fault;
}

std::optional<UserFault> ParsePowerpc(std::string_view text) {
  static const LogPattern kPattern = Between(
      R"re(: (?:(?:segfault|bus error|floating point exception|illegal instruction|)re"
      R"re(unhandled trap|unknown signal) \((\d+)\)|unhandled signal (\d+)) at ([0-9a-f]+))re"
      R"re( nip ([0-9a-f]+) lr [0-9a-f]+ code ([0-9a-f]+))re");
  const auto groups = MatchAll<11>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  UserFault fault;
  fault.tail = FaultTail::kUserCode;
  Segfault& row = fault.row;
  SetProcess(all.first<2>(), row);
  row.signal_kind = KindOfSignal(all[2].empty() ? all[3] : all[2]);
  row.fault_address = std::string(all[4]);
  row.ip = std::string(all[5]);
  row.si_code = ParseHex(all[6]);
  SetObject(all.subspan<7, 4>(), row);
  DecodeSiCode(row);
  return fault;
}

std::optional<UserFault> ParseRiscv(std::string_view text) {
  static const LogPattern kPattern =
      Between(R"re(: unhandled signal (\d+) code 0x([0-9a-f]+) at 0x([0-9a-f]+))re");
  const auto groups = MatchAll<9>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  UserFault fault;
  fault.tail = FaultTail::kRegisters;
  Segfault& row = fault.row;
  SetProcess(all.first<2>(), row);
  row.signal_kind = KindOfSignal(all[2]);
  row.si_code = ParseHex(all[3]);
  row.fault_address = std::string(all[4]);
  SetObject(all.subspan<5, 4>(), row);
  DecodeSiCode(row);
  return fault;
}

std::optional<UserFault> ParseMips(std::string_view text) {
  static const LogPattern kPattern(
      R"re(do_page_fault\(\)(?: #\d+)?: sending SIGSEGV to (.{1,15}) for invalid )re"
      R"re((read|write) access (?:from|to) ([0-9a-f]{8,16}))re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [comm, access, address] = *groups;
  UserFault fault;
  fault.tail = FaultTail::kMipsPlaces;
  fault.row.comm = std::string(comm);
  fault.row.signal_kind = "segfault";
  fault.row.fault_address = std::string(address);
  fault.row.access = std::string(access);
  return fault;
}

std::optional<UserFault> ParseArm(std::string_view text) {
  static const LogPattern kPattern(
      R"re((.{1,15}): unhandled page fault \((\d+)\) at 0x([0-9a-f]+), code 0x([0-9a-f]+))re");
  const auto groups = MatchAll<4>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [comm, signal, address, code] = *groups;
  UserFault fault;
  fault.tail = FaultTail::kRegisters;
  fault.row.comm = std::string(comm);
  fault.row.signal_kind = KindOfSignal(signal);
  fault.row.fault_address = std::string(address);
  fault.row.error_code = ParseHex(code);
  DecodeArm(fault.row);
  return fault;
}

// Who it was stands in the process line below.
std::optional<UserFault> ParseS390(std::string_view text) {
  static const std::string kWords =
      R"re(User process fault: interruption code (?:0x)?([0-9A-Fa-f]{1,8})(?: ilc:\d)?)re";
  static const LogPattern kPattern(kWords + kObject + " ?(?:in )?");
  const auto groups = MatchAll<5>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  UserFault fault;
  fault.tail = FaultTail::kRegisters;
  fault.row.error_code = ParseHex(all[0]);
  fault.row.signal_kind = KindOfInterruption(fault.row.error_code.value_or(0));
  SetObject(all.subspan<1, 4>(), fault.row);
  return fault;
}

std::optional<UserFault> ParseParisc(std::string_view text) {
  static const std::string kWords =
      R"re(do_page_fault\(\) command='(.{1,15})' type=(\d+) address=0x([0-9a-f]+))re";
  static const LogPattern kPattern(kWords + kObject);
  const auto groups = MatchAll<7>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  UserFault fault;
  fault.tail = FaultTail::kRegisters;
  fault.row.comm = std::string(all[0]);
  fault.row.signal_kind = "segfault";
  fault.row.error_code = ParseInteger(all[1]);
  fault.row.fault_address = std::string(all[2]);
  SetObject(all.subspan<3, 4>(), fault.row);
  return fault;
}

// The words of one form, which tell which parser a text needs.
struct Form {
  std::string_view words;
  std::optional<UserFault> (*parse)(std::string_view text);
};

constexpr std::array kForms = {Form{"]: segfault at ", ParsePageFault},
                               Form{"] trap ", ParseTrap},
                               Form{"] general protection ", ParseTrap},
                               Form{"] control protection ip:", ParseTrap},
                               Form{"] bad frame in ", ParseBadFrame},
                               Form{") at ", ParsePowerpc},
                               Form{"]: unhandled signal ", ParsePowerpc},
                               Form{"]: unhandled signal ", ParseRiscv},
                               Form{"]: unhandled ", ParseArm64},
                               Form{"sending SIGSEGV to ", ParseMips},
                               Form{": unhandled page fault (", ParseArm},
                               Form{"User process fault: ", ParseS390},
                               Form{"do_page_fault() command='", ParseParisc}};

}  // namespace

std::span<const Field<Segfault>> Segfault::Fields() {
  using F = Field<Segfault>;
  static constexpr std::array fields = {F("comm", &Segfault::comm),
                                        F("pid", &Segfault::pid),
                                        F("signal_kind", &Segfault::signal_kind),
                                        F("reason", &Segfault::reason),
                                        F("fault_address", &Segfault::fault_address),
                                        F("ip", &Segfault::ip),
                                        F("sp", &Segfault::sp),
                                        F("error_code", &Segfault::error_code),
                                        F("si_code", &Segfault::si_code),
                                        F("access", &Segfault::access),
                                        F("mode", &Segfault::mode),
                                        F("page", &Segfault::page),
                                        F("object", &Segfault::object),
                                        F("object_base", &Segfault::object_base),
                                        F("object_size", &Segfault::object_size),
                                        F("object_offset", &Segfault::object_offset),
                                        F("cpu", &Segfault::cpu),
                                        F("code", &Segfault::code)};
  return fields;
}

std::optional<UserFault> ParseUserFault(std::string_view text) {
  // Any byte may stand in the name before these words, but not more than fits in one.
  constexpr std::size_t kLongestHead = 128;
  const std::string_view head = text.substr(0, kLongestHead);
  for (const Form& form : kForms) {
    if (head.find(form.words) == std::string_view::npos) continue;
    std::optional<UserFault> fault = form.parse(text);
    if (!fault) continue;
    const bool is_quote = fault->row.comm && fault->row.comm->find("]: ") < fault->row.comm->size();
    if (!is_quote) return fault;  // "systemd[1]: a[2]: segfault at ..."
  }
  return std::nullopt;
}

bool ParseMipsPlace(std::string_view text, Segfault& row) {
  static const LogPattern kPattern(std::string("(epc|ra) += ([0-9a-f]{8,16})") + kObject +
                                   " ?(?:in)?");
  const auto groups = MatchAll<6>(text, kPattern);
  if (!groups) return false;
  const std::span all(*groups);
  if (all[0] != "epc") return true;
  row.ip = std::string(all[1]);
  SetObject(all.subspan<2, 4>(), row);
  return true;
}

}  // namespace kautopsy
