// A process that the kernel ended for a fault of its own; its first line is read in user_fault.cc.
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/crash_detail.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/process_line.h"
#include "parsers/kernel/registers.h"
#include "parsers/kernel/section.h"
#include "parsers/kernel/user_fault.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

std::optional<UserFault> Parse(const LogLine& line) {
  return line.cut ? std::nullopt : ParseUserFault(line.text);
}

// Without a prefix words before the name may be prose's.
bool IsFault(const LogLine& line) {
  const std::optional<UserFault> fault = Parse(line);
  if (!fault || line.prefixed) return fault.has_value();
  return fault->row.comm && !fault->row.comm->empty() && fault->row.comm->front() != '-' &&
         fault->row.comm->find_first_of(" :\"'`*$#|") == std::string::npos;
}

class SegfaultBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (!fault_) return OfferFirst(line);
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
    Segfault& row = fault_->row;
    if (!row.comm) row.comm = process_.comm();
    if (!row.pid) row.pid = process_.pid();
    event.comm = row.comm;
    event.pid = row.pid;
    event.kernel_release = process_.release();
    std::string kind = row.signal_kind == "other" ? "fatal signal" : *row.signal_kind;
    std::replace(kind.begin(), kind.end(), '_', ' ');
    event.title = row.comm.value_or("a process") + ": " + kind;
    if (row.object) event.title += " in " + *row.object;
    Damage damage;
    damage.AddIf(!row.comm, "no process line");
    damage.AddIf(!closed(), "nothing shows the end");
    damage.StoreIn(event);
    AddRows(event, std::vector<Segfault>{std::move(row)});
  }

 private:
  Claim OfferFirst(const LogLine& line) {
    fault_ = Parse(line);
    if (!fault_) return Claim::kNone;
    whole_ = fault_->tail == FaultTail::kNone;
    if (fault_->row.comm) process_.Expect(*fault_->row.comm);
    return Claim::kTaken;
  }

  Claim OfferTail(const LogLine& line) {
    switch (fault_->tail) {
      case FaultTail::kNone:
        return Claim::kNone;
      case FaultTail::kCode:
        return OfferCode(line);
      case FaultTail::kUserCode:
        return OfferUserCode(line);
      case FaultTail::kMipsPlaces:
        return OfferMipsPlace(line);
      case FaultTail::kRegisters:
        return OfferRegister(line);
    }
    return Claim::kNone;
  }

  // Also "Code: Bad RIP value." and "Code: Unable to access opcode bytes at RIP 0x10.".
  Claim OfferCode(const LogLine& line) {
    std::string_view text = line.text;
    if (!ConsumePrefix(text, "Code: ")) return Claim::kNone;
    static const LogPattern kBytes(R"re((?:(?:[0-9a-f]{2}|<[0-9a-f]{2}>) ?)+)re");
    if (!line.cut && Matches(text, kBytes)) fault_->row.code = std::string(text);
    whole_ = true;
    return Claim::kTaken;
  }

  Claim OfferUserCode(const LogLine& line) {
    static const LogPattern kWords(
        R"re((.{0,15})\[(\d+)\]: code: ((?:(?:[0-9a-fX]{8}|<[0-9a-f]{8}>) ?)+))re");
    const auto groups = MatchAll<3>(line.text, kWords);
    if (!groups || (*groups)[0] != *fault_->row.comm ||
        ParseInteger((*groups)[1]) != fault_->row.pid)
      return Claim::kNone;
    // The instruction is the 13th of 16 words, so the second line holds it.
    const std::string_view words = (*groups)[2];
    if (words.find('<') == std::string_view::npos) {
      first_code_ = line.cut ? std::string_view() : words;
      return Claim::kTaken;
    }
    if (!line.cut && !first_code_.empty())
      fault_->row.code = first_code_ + " " + std::string(words);
    whole_ = true;
    return Claim::kTaken;
  }

  Claim OfferMipsPlace(const LogLine& line) {
    Segfault row = fault_->row;
    if (!ParseMipsPlace(line.text, row)) return Claim::kNone;
    if (!line.cut) fault_->row = std::move(row);
    whole_ = line.text.starts_with("ra ");
    return Claim::kTaken;
  }

  Claim OfferRegister(const LogLine& line) {
    const Claim claim = process_.Offer(line);
    if (claim != Claim::kNone) return claim;
    // Page tables and, of s390 and parisc, what the fault was.
    static const LogPattern kDetails(
        R"re(pgd = .*|[PL][CR] is at .*|\[[0-9a-f]+\] \*pgd=.*|Fault in .*|AS:.*|[Ff]ailing address: ([0-9a-f]+) TEID:.*)re"
        R"re(|trap #\d+: (.+?)(?:, *vm_start = .*)?)re");
    const auto details = MatchAll<2>(line.text, kDetails);
    if (!details && !IsCrashDetail(line.text) && !IsRegisterLine(line.text)) return Claim::kNone;
    if (line.cut) return Claim::kTaken;
    if (details) {
      const auto& [address, reason] = *details;
      if (!address.empty()) fault_->row.fault_address = std::string(address);
      if (!reason.empty()) fault_->row.reason = std::string(reason);
    }
    static const LogPattern kPointers(
        R"re((?:pc : (?:\[<)?|User PSW : [0-9a-f]{16} )([0-9a-f]{8,16})(?:>\].*)?)re"
        R"re(|sp : ([0-9a-f]{8,16})(?:  .*)?)re");
    if (const auto groups = MatchAll<2>(line.text, kPointers)) {
      const auto& [ip, sp] = *groups;
      if (!ip.empty()) fault_->row.ip = std::string(ip);
      if (!sp.empty()) fault_->row.sp = std::string(sp);
    }
    // The last row of arm64's general registers.
    static const LogPattern kLast(R"re(.*\bx0 *: *[0-9a-f]{16})re");
    whole_ = Matches(line.text, kLast);
    return Claim::kTaken;
  }

  std::optional<UserFault> fault_;
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
                      {"]: unhandled ", IsFault, true},
                      {": unhandled page fault (", IsFault, true},
                      {": sending SIGSEGV to ", IsFault, true},
                      {"User process fault: ", IsFault, true},
                      {"do_page_fault() command='", IsFault, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<SegfaultBlock>()); }};
}

}  // namespace kautopsy
