// Errors of memory that are told in one line:
//   EDAC MC0: 1 CE memory read error on CPU_SrcID#0_Chan#1_DIMM#0 (channel:1 slot:0 page:0x12 ...)
//       drivers/edac/edac_mc.c, edac_ce_error() and edac_ue_error(), since 3.5
//   EDAC MC0: CE page 0x12, offset 0x40, grain 8, syndrome 0x1, row 1, channel 0, label "A1": i5000
//       edac_mc_handle_ce() and edac_mc_handle_ue() before
//   Memory failure: 0x1234: recovery action for dirty LRU page: Recovered
//   Soft offline: 0x1234: page migration failed 1, type 0x17ffffc0048024
//       mm/memory-failure.c; "MCE 0x1234: ..." until 4.10
// and what a program had the kernel take for one:
//   Injecting memory failure for pfn 0x1234 at process virtual address 0x20ffd000
//   Injecting memory failure for page 0x1234 at 0xb77d2000
//   Soft offlining pfn 0x1234 at process virtual address 0x7f221b800000
//       mm/madvise.c, madvise_inject_error(), earlier madvise_hwpoison()
//   Injecting memory failure at pfn 0x1234
//       mm/hwpoison-inject.c, hwpoison_inject()
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/hardware_error.h"
#include "parsers/kernel/kinds.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

struct MemoryError {
  HardwareError row;
  Text comm;
  Integer pid;
};

std::optional<MemoryError> ParseEdac(std::string_view text) {
  static const LogPattern kPattern(
      R"re(EDAC MC(\d+): (\d+) (CE|UE) (?:(.+?) )?on (.+) \(([^()]*)\))re");
  static const LogPattern kOld(
      R"re(EDAC MC(\d+): (CE|UE) ((?:row|page) .+), label "([^"]*)": .*)re");
  MemoryError error;
  HardwareError& row = error.row;
  row.source = "edac";
  row.message = std::string(text);
  std::string_view kind;
  if (const auto groups = MatchAll<6>(text, kPattern)) {
    row.controller = ParseInteger((*groups)[0]);
    row.count = ParseInteger((*groups)[1]);
    kind = (*groups)[2];
    row.error_type = TextOf((*groups)[3]);
    row.label = TextOf((*groups)[4]);
    row.location = TextOf((*groups)[5]);
  } else if (const auto old = MatchAll<4>(text, kOld)) {
    row.controller = ParseInteger((*old)[0]);
    kind = (*old)[1];
    row.location = TextOf((*old)[2]);
    row.label = TextOf((*old)[3]);
  } else {
    return std::nullopt;
  }
  row.severity = kind == "CE" ? "corrected" : "uncorrected";
  return error;
}

std::optional<MemoryError> ParsePage(std::string_view text) {
  static const LogPattern kPattern(
      R"re((Memory failure:|MCE|[Ss]oft offline:) 0x([0-9a-f]+): (.+))re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [head, pfn, message] = *groups;
  const bool soft = head.ends_with("oft offline:");
  MemoryError error;
  error.row.source = soft ? "soft_offline" : "memory_failure";
  // action_name[] of mm/memory-failure.c: these two mean that the page does no more harm.
  const bool safe = message.ends_with(": Recovered") || message.ends_with(": Delayed");
  error.row.severity = soft ? "corrected" : safe ? "recoverable" : "uncorrected";
  error.row.pfn = std::string(pfn);
  error.row.message = std::string(message);
  static const LogPattern kKill(
      R"re((?:Killing|Sending SIGBUS to) (.{0,15}):(\d+) due to hardware memory corruption.*)re");
  if (const auto kill = MatchAll<2>(message, kKill)) {
    error.comm = std::string((*kill)[0]);
    error.pid = ParseInteger((*kill)[1]);
  }
  return error;
}

std::optional<MemoryError> ParseInjection(std::string_view text) {
  static const LogPattern kPattern(
      R"re((?:Injecting memory failure|Soft offlining)(?: for| at)? (?:pfn|page) )re"
      R"re((?:0x)?([0-9a-f]+)(?: at .*)?)re");
  const auto groups = MatchAll<1>(text, kPattern);
  if (!groups) return std::nullopt;
  MemoryError error;
  error.row.source = "injected";
  error.row.severity = "info";
  error.row.pfn = std::string((*groups)[0]);
  error.row.message = std::string(text);
  return error;
}

template <std::optional<MemoryError> (*Parse)(std::string_view)>
bool Is(const LogLine& line) {
  return line.prefixed && !line.cut && Parse(line.text).has_value();
}

class MemoryErrorBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (error_ || line.cut) return Claim::kNone;
    error_ = ParseEdac(line.text);
    if (!error_) error_ = ParsePage(line.text);
    if (!error_) error_ = ParseInjection(line.text);
    return error_ ? Claim::kTaken : Claim::kNone;
  }

  bool closed() const override { return error_.has_value(); }

  void Finish(EventRecord& event) override {
    HardwareError& row = error_->row;
    event.comm = error_->comm;
    event.pid = error_->pid;
    event.title = TitleOf(row) + ": ";
    if (row.source == "injected") event.title = "memory failure injected by a program";
    if (row.source == "edac") event.title += row.error_type.value_or("memory");
    if (row.source == "soft_offline") event.title += "page taken out of use";
    if (row.source == "memory_failure")
      event.title += error_->comm ? "memory of " + *error_->comm : "memory failure";
    event.complete = true;
    AddHardwareErrors(event, {std::move(row)});
  }

 private:
  std::optional<MemoryError> error_;
};

}  // namespace

RecordKind MemoryErrorKind() {
  return {.name = "mce",
          .openers = {{"EDAC MC", Is<ParseEdac>, true},
                      {"Memory failure: 0x", Is<ParsePage>, true},
                      {"MCE 0x", Is<ParsePage>, true},
                      {"oft offline: 0x", Is<ParsePage>, true},
                      {"Injecting memory failure ", Is<ParseInjection>, true},
                      {"Soft offlining p", Is<ParseInjection>, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<MemoryErrorBlock>()); }};
}

}  // namespace kautopsy
