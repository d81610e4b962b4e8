// A machine check of x86:
//   mce: [Hardware Error]: CPU 1: Machine Check: 0 Bank 5: be00000000800400
//   mce: [Hardware Error]: TSC 0 ADDR 3f1f3d6c0 MISC 7880000000
//   mce: [Hardware Error]: PROCESSOR 0:306e4 TIME 1400000000 SOCKET 0 APIC 2 microcode 42d
// arch/x86/kernel/cpu/mce/core.c, __print_mce(): without "mce: " until 4.3, without "[Hardware
// Error]: " until 2.6.34; and as drivers/edac/mce_amd.c, amd_decode_mce(), tells it:
//   [Hardware Error]: Corrected error, no action required.
//   [Hardware Error]: CPU:0 (17:1:1) MC15_STATUS[Over|CE|MiscV|AddrV|-|-|-]: 0xdc2040000000011b
//   [Hardware Error]: Error Addr: 0x00000003f1f3d6c0
//   [Hardware Error]: Unified Memory Controller Ext. Error Code: 0, DRAM ECC error.
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/hardware_error.h"
#include "parsers/kernel/kinds.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// arch/x86/include/asm/mce.h: MCI_STATUS_UC, MCI_STATUS_PCC, MCI_STATUS_ADDRV.
constexpr int64_t kUncorrected = int64_t{1} << 61;
constexpr int64_t kContextCorrupt = int64_t{1} << 57;
constexpr int64_t kAddressValid = int64_t{1} << 58;

std::string SeverityOf(int64_t status) {
  if ((status & kUncorrected) == 0) return "corrected";
  return (status & kContextCorrupt) != 0 ? "fatal" : "uncorrected";
}

// What stands behind the marks of a machine check's lines; none if there are none.
std::optional<std::string_view> BehindMarks(std::string_view text) {
  const bool mce = ConsumePrefix(text, "mce: ");
  const bool mark = ConsumePrefix(text, "[Hardware Error]: ");
  return mce || mark ? std::optional(TrimBlanks(text)) : std::nullopt;
}

std::optional<HardwareError> ParseHead(std::string_view text) {
  static const LogPattern kPattern(
      R"re(CPU (\d+): Machine Check(?: Exception)?: +[0-9a-f]+ Bank (\d+): ([0-9a-f]{16}))re"
      R"re(|CPU:(\d+) \([0-9a-f:]+\) MC(\d+)_STATUS\[[^\]]*\]: 0x([0-9a-f]{16}))re");
  const auto groups = MatchAll<6>(text, kPattern);
  if (!groups) return std::nullopt;
  const bool decoded = (*groups)[0].empty();
  const std::size_t first = decoded ? 3 : 0;
  HardwareError row;
  row.source = "mce";
  row.cpu = ParseInteger((*groups)[first]);
  row.bank = ParseInteger((*groups)[first + 1]);
  row.status = std::string((*groups)[first + 2]);
  row.severity = SeverityOf(ParseHex(*row.status).value_or(0));
  if (!decoded) row.message = std::string(text);
  return row;
}

// drivers/edac/mce_amd.c, decode_error_status().
bool IsVerdict(std::string_view text) {
  return text == "Corrected error, no action required." ||
         text == "Deferred error, no action required." || text == "System Fatal error." ||
         text == "Uncorrected, software restartable error." ||
         text == "Uncorrected, software containable error.";
}

enum class Slot { kVerdict, kHead, kRip, kTsc, kAddress, kProcessor, kOther, kEnd };

std::optional<Slot> SlotOf(std::string_view text) {
  if (IsVerdict(text)) return Slot::kVerdict;
  if (ParseHead(text)) return Slot::kHead;
  if (text.starts_with("RIP ") || text.starts_with("RIP!")) return Slot::kRip;
  if (text.starts_with("TSC ")) return Slot::kTsc;
  if (text.starts_with("Error Addr: 0x")) return Slot::kAddress;
  if (text.starts_with("PROCESSOR ")) return Slot::kProcessor;
  if (text.starts_with("IPID: ") || text.starts_with("PPIN: ") ||
      text.starts_with("cache level: ") ||
      text.find(" Ext. Error Code: ") != std::string_view::npos)
    return Slot::kOther;
  if (text.starts_with("Run the above through 'mcelog")) return Slot::kEnd;
  return std::nullopt;
}

bool IsLogged(std::string_view text) { return text == "Machine check events logged"; }

bool IsMachineCheck(const LogLine& line) {
  if (line.cut) return false;
  if (const std::optional<std::string_view> text = BehindMarks(line.text))
    return IsVerdict(*text) || IsLogged(*text) || ParseHead(*text);
  return line.text.starts_with("CPU ") && ParseHead(line.text);
}

class MachineCheckBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed()) return Claim::kNone;
    const Claim claim = OfferText(BehindMarks(line.text).value_or(line.text), line.cut);
    if (claim != Claim::kTaken && !line.cut) ended_ = true;
    return claim;
  }

  bool closed() const override { return whole_; }

  void Finish(EventRecord& event) override {
    event.title = TitleOf(row_) + ": machine check";
    if (logged_) event.title = "machine check events logged";
    Damage damage;
    damage.AddIf(!logged_ && !row_.status, "the status is missing");
    damage.AddIf(!whole_ && !ended_, "nothing shows the end");
    damage.StoreIn(event);
    AddHardwareErrors(event, {std::move(row_)});
  }

 private:
  Claim OfferText(std::string_view text, bool cut) {
    if (!row_.source && IsLogged(text)) {
      row_.source = "mce";
      row_.message = std::string(text);
      logged_ = whole_ = true;
      return Claim::kTaken;
    }
    const std::optional<Slot> slot = SlotOf(text);
    if (!slot) return Claim::kNone;
    // Its own lines have a fixed order, which only the last ones may repeat.
    if (last_ && (*slot < *last_ || (*slot == *last_ && *slot != Slot::kOther)))
      return Claim::kConflict;
    last_ = slot;
    row_.source = "mce";
    whole_ = *slot == Slot::kEnd;
    if (!cut) Take(*slot, text);
    return Claim::kTaken;
  }

  void Take(Slot slot, std::string_view text) {
    if (slot == Slot::kVerdict) row_.message = std::string(text);
    if (slot == Slot::kHead) {
      Text verdict = std::move(row_.message);
      row_ = *ParseHead(text);
      if (!row_.message) row_.message = std::move(verdict);
    }
    if (slot == Slot::kTsc || slot == Slot::kAddress) TakeAddress(text);
    static const LogPattern kType(R"re(.* Ext\. Error Code: \d+, (.+))re");
    if (slot != Slot::kOther) return;
    if (const auto groups = MatchAll<1>(text, kType)) row_.error_type = std::string((*groups)[0]);
  }

  // Only the status tells whether an address is one.
  void TakeAddress(std::string_view text) {
    static const LogPattern kAddress(
        R"re(TSC [0-9a-f]+ ADDR ([0-9a-f]+)(?: .*)?|Error Addr: 0x([0-9a-f]+))re");
    const auto groups = MatchAll<2>(text, kAddress);
    if (!groups || !row_.status) return;
    if ((ParseHex(*row_.status).value_or(0) & kAddressValid) == 0) return;
    row_.address = std::string((*groups)[0].empty() ? (*groups)[1] : (*groups)[0]);
  }

  HardwareError row_;
  std::optional<Slot> last_;
  bool logged_ = false;
  bool whole_ = false;
  bool ended_ = false;  // a line of another record has followed
};

}  // namespace

RecordKind MachineCheckKind() {
  return {.name = "mce",
          .openers = {{"[Hardware Error]", IsMachineCheck, true},
                      {": Machine Check", IsMachineCheck, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<MachineCheckBlock>()); },
          .max_foreign_lines = 20};
}

}  // namespace kautopsy
