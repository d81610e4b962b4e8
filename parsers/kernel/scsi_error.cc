// A SCSI command that failed, in several lines, and the block layer's line of the same request:
//   sd 0:0:0:0: [sda] tag#7 FAILED Result: hostbyte=DID_OK driverbyte=DRIVER_SENSE cmd_age=2s
//   sd 0:0:0:0: [sda] tag#7 Sense Key : Medium Error [current]
//   sd 0:0:0:0: [sda] tag#7 Add. Sense: Unrecovered read error
//   sd 0:0:0:0: [sda] tag#7 CDB: Read(10) 28 00 00 00 08 00 00 00 08 00
//   blk_update_request: critical medium error, dev sda, sector 2048 op 0x0:(READ) flags 0x80700 ...
// drivers/scsi/scsi_logging.c, scsi_print_result(), scsi_print_sense() and scsi_print_command();
// constants.c before 4.0, without tag, below "Unhandled sense code" (scsi_lib.c,
// scsi_io_completion()).
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/io_error.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

enum class Part { kHead, kResult, kKey, kSense, kCommand };

// One line: whose it is, which part of a report, and what it says.
struct ScsiLine {
  std::string_view device;
  std::string_view tag;
  Part part = Part::kHead;
  std::string_view value;
};

std::optional<ScsiLine> Parse(std::string_view text) {
  // Most kernel lines are no SCSI device's.
  if (!text.starts_with('s')) return std::nullopt;
  static const LogPattern kPattern(
      R"re((?:sd|sr|st|ses|scsi) (\d+:\d+:\d+:\d+): (?:\[(\w+)\] ?)?(?:tag#(\d+) )?)re"
      R"re((?:(Unhandled (?:sense|error) code)|(?:(?:FAILED|UNKNOWN\(0x[0-9a-f]+\)) )?Result: )re"
      R"re(hostbyte=(\w+) driverbyte=\w+(?: cmd_age=\d+s)?|Sense Key : (\w[\w ]*?)(?: \[.*)?|)re"
      R"re(Add\. Sense: (.+)|CDB: (\w[\w ]*\(\d+\)):? [0-9a-f ]+))re");
  const auto groups = MatchAll<8>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [address, name, tag, head, result, key, sense, command] = *groups;
  ScsiLine line{.device = name.empty() ? address : name, .tag = tag, .value = head};
  const std::pair<Part, std::string_view> parts[] = {
      {Part::kResult, result}, {Part::kKey, key}, {Part::kSense, sense}, {Part::kCommand, command}};
  for (const auto& [part, value] : parts) {
    if (value.empty()) continue;
    line.part = part;
    line.value = value;
  }
  return line;
}

// include/scsi/scsi_status.h. A host without complaint (DID_OK) leaves it to the sense key.
Text KindOf(const IoError& row) {
  if (row.sense_key) return *row.sense_key == "Medium Error" ? "medium" : "io_error";
  if (!row.host_status || *row.host_status == "DID_OK") return std::nullopt;
  if (*row.host_status == "DID_TIME_OUT") return "timeout";
  if (*row.host_status == "DID_NO_CONNECT" || *row.host_status == "DID_BAD_TARGET")
    return "offline";
  return *row.host_status == "DID_RESET" ? "reset" : "io_error";
}

class ScsiErrorBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed()) return Claim::kNone;
    if (row_.device && !line.cut) {
      request_ = ParseRequestLine(line.text);
      whole_ = request_ && request_->device == row_.device;
      if (request_) return whole_ ? Claim::kTaken : Claim::kNone;
    }
    const std::optional<ScsiLine> read = line.prefixed ? Parse(line.text) : std::nullopt;
    if (!read) {
      ended_ = ended_ || !line.cut;
      return Claim::kNone;
    }
    // Requests that fail at once print between each other's lines.
    if (row_.device && (row_.device != read->device || tag_ != read->tag)) return Claim::kNone;
    // A report of which the end was lost, and the next one.
    if (row_.device && read->part <= last_) {
      ended_ = true;
      return Claim::kConflict;
    }
    row_.device = std::string(read->device);
    tag_ = read->tag;
    last_ = read->part;
    if (!line.cut) Take(*read, line.text);
    return Claim::kTaken;
  }

  bool closed() const override { return whole_; }

  void Finish(EventRecord& event) override {
    row_.kind = KindOf(row_);
    event.title = TitleOf(row_);
    if (row_.sense) event.title += ": " + *row_.sense;
    Damage damage;
    damage.AddIf(!row_.host_status, "the result is missing");
    damage.AddIf(!whole_ && !ended_, "nothing shows the end");
    damage.StoreIn(event);
    std::vector<IoError> rows = {std::move(row_)};
    if (whole_) rows.push_back(*std::move(request_));
    AddRows(event, std::move(rows));
  }

 private:
  void Take(const ScsiLine& read, std::string_view text) {
    const std::string value(read.value);
    if (read.part == Part::kResult) {
      row_.host_status = value;
      row_.message = std::string(text);
    }
    if (read.part == Part::kKey) row_.sense_key = value;
    if (read.part == Part::kSense) row_.sense = value;
    if (read.part == Part::kCommand) row_.operation = value;
  }

  IoError row_;
  std::optional<IoError> request_;  // the last line that was one
  std::string tag_;
  Part last_ = Part::kHead;
  bool whole_ = false;
  bool ended_ = false;  // a line of another record has followed
};

bool IsScsi(const LogLine& line) {
  return line.prefixed && !line.cut && Parse(line.text).has_value();
}

}  // namespace

RecordKind ScsiErrorKind() {
  return {.name = "io_error",
          .openers = {{"Result: hostbyte=", IsScsi, true},
                      {"Unhandled sense code", IsScsi, true},
                      {"Unhandled error code", IsScsi, true},
                      {"Sense Key : ", IsScsi, true},
                      {"Add. Sense: ", IsScsi, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<ScsiErrorBlock>()); },
          .max_foreign_lines = 20};
}

}  // namespace kautopsy
