// What libata tells from a port's exception to the end of its error handling:
//   ata1.00: exception Emask 0x0 SAct 0x20 SErr 0x0 action 0x6 frozen
//   ata1.00: failed command: READ FPDMA QUEUED
//   ata1.00: cmd 60/08:28:00:08:00/00:00:00:00:00/40 tag 5 ncq 4096 in
//            res 40/00:00:00:00:00/00:00:00:00:00/00 Emask 0x4 (timeout)
//   ata1.00: status: { DRDY }
//   ata1: hard resetting link
//   ata1: EH complete
// drivers/ata/libata-eh.c: ata_eh_link_report(), ata_eh_reset() and ata_eh_recover(); the command's
// name since 2.6.32. Until 2.6.2x the status had no line of its own.
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/io_error.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// "ata1.00: text": the port, the device with it, and the text.
struct AtaLine {
  std::string_view port;
  std::string_view device;
  std::string_view text;
};

std::optional<AtaLine> Split(std::string_view text) {
  if (!text.starts_with("ata")) return std::nullopt;
  static const LogPattern kPattern(R"re(((ata\d+)(?:\.\d+)?): (.+))re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  return AtaLine{(*groups)[1], (*groups)[0], (*groups)[2]};
}

// What a line tells by itself, in a report or without one.
std::string_view KindOf(std::string_view text) {
  if (text.starts_with("exception Emask 0x")) return "io_error";
  if (text.starts_with("qc timeout (cmd 0x")) return "timeout";
  if (text.ends_with(" resetting link") || text.starts_with("COMRESET failed (errno=") ||
      text.starts_with("SRST failed (errno="))
    return "reset";
  if (text == "disabled" || text == "reset failed, giving up") return "offline";
  return {};
}

// A port has 32 commands at most; what goes on resetting is told in several reports.
constexpr std::size_t kMaxRows = 100;

constexpr std::string_view kCommand = "failed command: ";

bool IsHead(const LogLine& line) {
  if (!line.prefixed || line.cut) return false;
  const std::optional<AtaLine> ata = Split(line.text);
  return ata && (!KindOf(ata->text).empty() || ata->text.starts_with(kCommand));
}

class AtaErrorBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed()) return Claim::kNone;
    const Claim claim = OfferLine(line);
    // Ports that fail at once print between each other's lines.
    const bool of_a_port = line.text.starts_with("res ") || Split(line.text);
    if (claim != Claim::kTaken && !line.cut && !of_a_port) ended_ = true;
    return claim;
  }

  bool closed() const override { return whole_; }

  void Finish(EventRecord& event) override {
    // A command that failed says more than the exception above it.
    const IoError& told = rows_[command_.value_or(0)];
    event.title = TitleOf(told);
    if (told.operation) event.title += ": " + *told.operation;
    Damage damage;
    damage.AddIf(command_ && !exception_, "the exception is missing");
    damage.AddIf(!whole_ && !ended_, "nothing shows the end");
    damage.StoreIn(event);
    AddRows(event, std::move(rows_));
  }

 private:
  Claim OfferLine(const LogLine& line) {
    if (at_command_ && line.text.starts_with("res ")) {
      at_command_ = false;
      if (!line.cut) TakeResult(line.text);
      return Claim::kTaken;
    }
    const std::optional<AtaLine> ata = Split(line.text);
    if (!ata) return Claim::kNone;
    if (rows_.size() >= kMaxRows) return Claim::kConflict;
    if (!rows_.empty()) {
      if (ata->port != port_) return Claim::kNone;
      if (ata->text.starts_with("exception Emask 0x")) return Claim::kConflict;
    } else if (line.cut || (KindOf(ata->text).empty() && !ata->text.starts_with(kCommand))) {
      return Claim::kNone;
    }
    port_ = ata->port;
    if (!line.cut) Take(*ata, line.text);
    return Claim::kTaken;
  }

  void Take(const AtaLine& ata, std::string_view whole) {
    if (ata.text == "EH complete") whole_ = true;
    if (ata.text.starts_with("exception ")) exception_ = true;
    at_command_ = ata.text.starts_with("cmd ");
    const std::string_view kind = KindOf(ata.text);
    if (!kind.empty()) {
      rows_.push_back({.device = std::string(ata.device),
                       .kind = std::string(kind),
                       .message = std::string(whole)});
    } else if (ata.text.starts_with(kCommand)) {
      current_ = rows_.size();
      if (!command_) command_ = current_;
      rows_.push_back({.device = std::string(ata.device),
                       .operation = std::string(ata.text.substr(kCommand.size()))});
    } else if (current_) {
      TakeBits(ata, rows_[*current_]);
    }
  }

  static void TakeBits(const AtaLine& ata, IoError& row) {
    if (row.device != ata.device) return;
    static const LogPattern kBits(R"re((status|error): (\{ .*\}))re");
    const auto groups = MatchAll<2>(ata.text, kBits);
    if (!groups) return;
    Text& cell = (*groups)[0] == "status" ? row.status : row.error;
    if (!cell) cell = std::string((*groups)[1]);
  }

  // "res 41/40:... Emask 0x409 (media error) <F>": ata_err_string().
  void TakeResult(std::string_view text) {
    if (!current_ || rows_[*current_].kind) return;
    const bool medium = text.find(" (media error)") != std::string_view::npos;
    const bool timeout = text.find(" (timeout)") != std::string_view::npos;
    rows_[*current_].kind = medium ? "medium" : timeout ? "timeout" : "io_error";
  }

  std::vector<IoError> rows_;
  std::string port_;
  std::optional<std::size_t> command_;  // the first command's row
  std::optional<std::size_t> current_;  // the last command's row
  bool at_command_ = false;             // its result follows
  bool exception_ = false;
  bool whole_ = false;
  bool ended_ = false;  // a line of another record has followed
};

}  // namespace

RecordKind AtaErrorKind() {
  return {.name = "io_error",
          .openers = {{": exception Emask 0x", IsHead, true},
                      {": failed command: ", IsHead, true},
                      {": qc timeout (cmd 0x", IsHead, true},
                      {" resetting link", IsHead, true},
                      {" failed (errno=", IsHead, true},
                      {": reset failed, giving up", IsHead, true},
                      {": disabled", IsHead, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<AtaErrorBlock>()); },
          .max_foreign_lines = 20};
}

}  // namespace kautopsy
