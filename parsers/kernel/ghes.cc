// An error that the firmware reports:
//   {1}[Hardware Error]: Hardware error from APEI Generic Hardware Error Source: 4
//   {1}[Hardware Error]: event severity: corrected
//   {1}[Hardware Error]:  Error 0, type: corrected
//   {1}[Hardware Error]:   section_type: memory error
//   {1}[Hardware Error]:   physical_address: 0x000000012345f000
//   {1}[Hardware Error]:   node: 0 card: 1 module: 0 rank: 0 bank: 3 row: 17 column: 8
// drivers/acpi/apei/ghes.c, __ghes_print_estatus(), and drivers/firmware/efi/cper.c,
// cper_estatus_print() (drivers/acpi/apei/cper.c until 3.12); what was left of the boot before has
// no number (drivers/acpi/apei/bert.c, bert_print_all()).
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/hardware_error.h"
#include "parsers/kernel/kinds.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::string_view kMark = "[Hardware Error]: ";
constexpr std::string_view kBert = "BERT: Error records from previous boot:";

// "{1}[Hardware Error]:  text": the report's number, empty if there is none, and the text.
struct GhesLine {
  std::string_view number;
  std::string_view text;
};

std::optional<GhesLine> Split(std::string_view text) {
  GhesLine line;
  if (text.starts_with('{')) {
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return std::nullopt;
    line.number = text.substr(1, end - 1);
    text.remove_prefix(end + 1);
  }
  if (!ConsumePrefix(text, kMark)) return std::nullopt;
  line.text = TrimBlanks(text);
  return line;
}

bool IsHead(std::string_view text) {
  return text.starts_with("Hardware error from APEI Generic Hardware Error Source: ");
}

bool IsGhes(const LogLine& line) {
  if (!line.prefixed || line.cut) return false;
  if (line.text == kBert) return true;
  const std::optional<GhesLine> ghes = Split(line.text);
  return ghes && (IsHead(ghes->text) || ghes->text.starts_with("event severity: "));
}

class GhesBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed()) return Claim::kNone;
    const Claim claim = OfferLine(line);
    if (claim != Claim::kTaken && !line.cut) ended_ = true;
    return claim;
  }

  bool closed() const override { return cut_; }

  void Finish(EventRecord& event) override {
    HardwareError summary;
    summary.severity = severity_;
    event.title = TitleOf(summary);
    if (!rows_.empty() && rows_[0].error_type) event.title += ": " + *rows_[0].error_type;
    Damage damage;
    damage.AddIf(!head_, "the first line is missing");
    damage.AddIf(rows_.empty(), "no error is left");
    damage.AddIf(!cut_ && !ended_, "nothing shows the end");
    damage.StoreIn(event);
    AddHardwareErrors(event, std::move(rows_));
  }

 private:
  Claim OfferLine(const LogLine& line) {
    if (line.text == kBert) return Begin();
    const std::optional<GhesLine> ghes = Split(line.text);
    if (!ghes || (number_ && *number_ != ghes->number)) return Claim::kNone;
    const bool severity = ghes->text.starts_with("event severity: ");
    if (!head_ && !number_ && !severity && !IsHead(ghes->text)) return Claim::kNone;
    if (IsHead(ghes->text) && Begin() == Claim::kConflict) return Claim::kConflict;
    number_ = std::string(ghes->number);
    // Which line of the report it was is not known, so what follows cannot be told apart.
    cut_ = line.cut;
    return line.cut ? Claim::kTaken : Take(ghes->text);
  }

  Claim Begin() {
    if (head_ || number_) return Claim::kConflict;
    head_ = true;
    return Claim::kTaken;
  }

  // The lines have a fixed order. Where it is not kept, one is lost or another copy of the report
  // is mixed in.
  Claim Take(std::string_view text) {
    if (ConsumePrefix(text, "event severity: ")) {
      if (severity_) return Claim::kConflict;
      severity_ = std::string(text);
      return Claim::kTaken;
    }
    static const LogPattern kError(R"re(Error (\d+), type: (\w+))re");
    if (const auto groups = MatchAll<2>(text, kError)) {
      if (ParseInteger((*groups)[0]) != static_cast<int64_t>(rows_.size())) return Claim::kConflict;
      rows_.push_back({.source = "ghes", .severity = std::string((*groups)[1])});
      return Claim::kTaken;
    }
    static const LogPattern kField(
        R"re((section_type|physical_address|DIMM location|error_type): (.+))re");
    if (const auto groups = MatchAll<2>(text, kField)) return TakeField((*groups)[0], (*groups)[1]);
    static const LogPattern kPlace(R"re((?:node|card|module|rank|bank): ?\d.*)re");
    if (Matches(text, kPlace)) return Set(&HardwareError::location, "memory error", text);
    if (text.starts_with("device_id: ")) return Set(&HardwareError::location, "PCIe error", text);
    return Claim::kTaken;
  }

  Claim TakeField(std::string_view name, std::string_view value) {
    if (name == "section_type") {
      if (rows_.empty() || rows_.back().error_type) return Claim::kConflict;
      rows_.back().error_type = std::string(value);
      return Claim::kTaken;
    }
    if (name == "error_type") return Set(&HardwareError::message, "memory error", value);
    if (name == "physical_address" && ConsumePrefix(value, "0x"))
      return Set(&HardwareError::address, "memory error", value);
    if (name == "DIMM location" && !value.starts_with("not present"))
      return Set(&HardwareError::label, "memory error", value);
    return Claim::kTaken;
  }

  // A section's own lines stand below its type.
  Claim Set(Text HardwareError::*cell, std::string_view section, std::string_view value) {
    if (rows_.empty() || rows_.back().error_type != section || rows_.back().*cell)
      return Claim::kConflict;
    rows_.back().*cell = std::string(value);
    return Claim::kTaken;
  }

  std::vector<HardwareError> rows_;
  Text number_;
  Text severity_;
  bool head_ = false;
  bool cut_ = false;
  bool ended_ = false;  // a line of another record has followed
};

}  // namespace

RecordKind GhesKind() {
  return {.name = "mce",
          .openers = {{"[Hardware Error]", IsGhes, true}, {kBert, IsGhes, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<GhesBlock>()); },
          .max_foreign_lines = 20};
}

}  // namespace kautopsy
