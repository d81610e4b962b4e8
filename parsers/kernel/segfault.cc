// A process that the kernel ended for a fault of its own.
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
#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/process_line.h"
#include "parsers/kernel/registers.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

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
  static std::span<const Field<Segfault>> Fields() {
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
};

// What may follow the first line.
enum class Tail {
  kNone,
  kCode,       // "Code: ..."
  kUserCode,   // "comm[pid]: code: ...", in two lines
  kRegisters,  // the process line and registers
};

struct Fault {
  Segfault row;
  Tail tail = Tail::kNone;
};

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

// "invalid opcode" -> "invalid_opcode".
std::string ToKind(std::string_view words) {
  std::string kind(words);
  std::replace(kind.begin(), kind.end(), ' ', '_');
  return kind;
}

std::optional<Fault> ParsePageFault(std::string_view text) {
  // A null pointer is printed as (null), to the width of the others, until 4.14.
  static const LogPattern kPattern =
      Between(R"re(: segfault at ([0-9a-f]+) r?ip ([0-9a-f]+| *\(null\)))re"
              R"re((?: \(rpc [0-9a-f]+\))? r?sp ([0-9a-f]+| *\(null\)) error ([0-9a-f]+))re",
              R"re((?: likely on CPU (\d+) \(core -?\d+, socket -?\d+\))?)re");
  const auto groups = MatchAll<11>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  Fault fault;
  fault.tail = Tail::kCode;
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

std::optional<Fault> ParseTrap(std::string_view text) {
  static const LogPattern kPattern = Between(
      R"re( (?:trap ([A-Za-z0-9 -]{1,40})|(general protection|control protection)(?: fault)?))re"
      R"re( ip:([0-9a-f]+) sp:([0-9a-f]+)(?: ssp:[0-9a-f]+)? error:([0-9a-f]+))re"
      R"re((?:\([a-z -]+\)(?: in enclave)?)?)re",
      "", "(?:traps: )?");
  const auto groups = MatchAll<11>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  Fault fault;
  Segfault& row = fault.row;
  SetProcess(all.first<2>(), row);
  row.signal_kind = ToKind(all[2].empty() ? all[3] : all[2]);
  row.ip = std::string(all[4]);
  row.sp = std::string(all[5]);
  row.error_code = ParseHex(all[6]);
  SetObject(all.subspan<7, 4>(), row);
  return fault;
}

std::optional<Fault> ParseBadFrame(std::string_view text) {
  static const LogPattern kPattern =
      Between(R"re( (bad frame in \w{1,40}) frame:\S+ ip:([0-9a-f]+) sp:([0-9a-f]+) orax:)re"
              R"re([0-9a-f]+)re");
  const auto groups = MatchAll<9>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  Fault fault;
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

std::optional<Fault> ParseArm64(std::string_view text) {
  static const LogPattern kOld =
      Between(R"re(: unhandled (.+) \((\d+)\) at 0x([0-9a-f]+), esr 0x([0-9a-f]+))re");
  static const LogPattern kNew =
      Between(R"re(: unhandled exception: (?:[^,]+, ESR 0x([0-9a-f]+), )?([^,\[\]]+?))re");
  Fault fault;
  fault.tail = Tail::kRegisters;
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

std::optional<Fault> ParsePowerpc(std::string_view text) {
  static const LogPattern kPattern = Between(
      R"re(: (?:(?:segfault|bus error|floating point exception|illegal instruction|)re"
      R"re(unhandled trap|unknown signal) \((\d+)\)|unhandled signal (\d+)) at ([0-9a-f]+))re"
      R"re( nip ([0-9a-f]+) lr [0-9a-f]+ code ([0-9a-f]+))re");
  const auto groups = MatchAll<11>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  Fault fault;
  fault.tail = Tail::kUserCode;
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

std::optional<Fault> ParseRiscv(std::string_view text) {
  static const LogPattern kPattern =
      Between(R"re(: unhandled signal (\d+) code 0x([0-9a-f]+) at 0x([0-9a-f]+))re");
  const auto groups = MatchAll<9>(text, kPattern);
  if (!groups) return std::nullopt;
  const std::span all(*groups);
  Fault fault;
  fault.tail = Tail::kRegisters;
  Segfault& row = fault.row;
  SetProcess(all.first<2>(), row);
  row.signal_kind = KindOfSignal(all[2]);
  row.si_code = ParseHex(all[3]);
  row.fault_address = std::string(all[4]);
  SetObject(all.subspan<5, 4>(), row);
  DecodeSiCode(row);
  return fault;
}

// The words of one form, which tell which parser a text needs.
struct Form {
  std::string_view words;
  std::optional<Fault> (*parse)(std::string_view text);
};

constexpr std::array kForms = {
    Form{"]: segfault at ", ParsePageFault},    Form{"] trap ", ParseTrap},
    Form{"] general protection ", ParseTrap},   Form{"] control protection ip:", ParseTrap},
    Form{"] bad frame in ", ParseBadFrame},     Form{") at ", ParsePowerpc},
    Form{"]: unhandled signal ", ParsePowerpc}, Form{"]: unhandled signal ", ParseRiscv},
    Form{"]: unhandled ", ParseArm64}};

std::optional<Fault> Parse(const LogLine& line) {
  // Any byte may stand in the name before these words, but not more than fits in one.
  constexpr std::size_t kLongestHead = 128;
  if (line.cut) return std::nullopt;
  const std::string_view head = line.text.substr(0, kLongestHead);
  for (const Form& form : kForms) {
    if (head.find(form.words) == std::string_view::npos) continue;
    std::optional<Fault> fault = form.parse(line.text);
    if (!fault) continue;
    const bool is_quote = fault->row.comm && fault->row.comm->find("]: ") < fault->row.comm->size();
    if (!is_quote) return fault;  // "systemd[1]: a[2]: segfault at ..."
  }
  return std::nullopt;
}

// Without a prefix it may be prose about it.
bool IsFault(const LogLine& line) { return line.prefixed && Parse(line).has_value(); }

class SegfaultBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (!fault_.row.comm) return OfferFirst(line);
    if (closed()) return Claim::kNone;
    if (IsFault(line)) {
      ended_ = true;
      return Claim::kConflict;
    }
    const Claim claim = OfferTail(line);
    if (claim == Claim::kNone && !line.cut) ended_ = true;
    return claim;
  }

  bool closed() const override { return whole_ || ended_; }

  void Finish(EventRecord& event) override {
    Segfault& row = fault_.row;
    event.comm = row.comm;
    event.pid = row.pid;
    event.kernel_release = process_.release();
    std::string kind = row.signal_kind == "other" ? "fatal signal" : *row.signal_kind;
    std::replace(kind.begin(), kind.end(), '_', ' ');
    event.title = *row.comm + ": " + kind;
    if (row.object) event.title += " in " + *row.object;
    Damage damage;
    damage.AddIf(!closed(), "nothing shows the end");
    damage.StoreIn(event);
    AddRows(event, std::vector<Segfault>{std::move(row)});
  }

 private:
  Claim OfferFirst(const LogLine& line) {
    std::optional<Fault> fault = Parse(line);
    if (!fault) return Claim::kNone;
    fault_ = *std::move(fault);
    whole_ = fault_.tail == Tail::kNone;
    process_.Expect(*fault_.row.comm);
    return Claim::kTaken;
  }

  Claim OfferTail(const LogLine& line) {
    switch (fault_.tail) {
      case Tail::kNone:
        return Claim::kNone;
      case Tail::kCode:
        return OfferCode(line);
      case Tail::kUserCode:
        return OfferUserCode(line);
      case Tail::kRegisters:
        return OfferRegister(line);
    }
    return Claim::kNone;
  }

  // Also "Code: Bad RIP value." and "Code: Unable to access opcode bytes at RIP 0x10.".
  Claim OfferCode(const LogLine& line) {
    std::string_view text = line.text;
    if (!ConsumePrefix(text, "Code: ")) return Claim::kNone;
    static const LogPattern kBytes(R"re((?:(?:[0-9a-f]{2}|<[0-9a-f]{2}>) ?)+)re");
    if (!line.cut && Matches(text, kBytes)) fault_.row.code = std::string(text);
    whole_ = true;
    return Claim::kTaken;
  }

  Claim OfferUserCode(const LogLine& line) {
    static const LogPattern kWords(
        R"re((.{0,15})\[(\d+)\]: code: ((?:(?:[0-9a-fX]{8}|<[0-9a-f]{8}>) ?)+))re");
    const auto groups = MatchAll<3>(line.text, kWords);
    if (!groups || (*groups)[0] != *fault_.row.comm || ParseInteger((*groups)[1]) != fault_.row.pid)
      return Claim::kNone;
    // The instruction is the 13th of 16 words, so the second line holds it.
    const std::string_view words = (*groups)[2];
    if (words.find('<') == std::string_view::npos) {
      first_code_ = line.cut ? std::string_view() : words;
      return Claim::kTaken;
    }
    if (!line.cut && !first_code_.empty()) fault_.row.code = first_code_ + " " + std::string(words);
    whole_ = true;
    return Claim::kTaken;
  }

  Claim OfferRegister(const LogLine& line) {
    const Claim claim = process_.Offer(line);
    if (claim != Claim::kNone) return claim;
    static const LogPattern kTables(R"re(pgd = .*|\[[0-9a-f]+\] \*pgd=.*)re");
    if (!IsRegisterLine(line.text) && !Matches(line.text, kTables)) return Claim::kNone;
    if (line.cut) return Claim::kTaken;
    static const LogPattern kPointer(R"re((pc|sp) : (?:\[<)?([0-9a-f]{8,16})(?:>\])?)re");
    if (const auto groups = MatchAll<2>(line.text, kPointer))
      ((*groups)[0] == "pc" ? fault_.row.ip : fault_.row.sp) = std::string((*groups)[1]);
    // The last row of arm64's general registers.
    static const LogPattern kLast(R"re(.*\bx0 *: *[0-9a-f]{16})re");
    whole_ = Matches(line.text, kLast);
    return Claim::kTaken;
  }

  Fault fault_;
  ProcessLineSection process_;
  std::string first_code_;
  bool whole_ = false;
  bool ended_ = false;  // a line of another record has followed
};

}  // namespace

RecordKind SegfaultKind() {
  return {.name = "segfault",
          .openers = {{"] trap ", IsFault, true},
                      {"] general protection ", IsFault, true},
                      {"] control protection ip:", IsFault, true},
                      {"] bad frame in ", IsFault, true},
                      {"]: segfault ", IsFault, true},
                      {" nip ", IsFault, true},
                      {"]: unhandled ", IsFault, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<SegfaultBlock>()); }};
}

}  // namespace kautopsy
