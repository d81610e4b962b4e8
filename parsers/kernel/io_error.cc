// Requests that a block device did not serve, which are told in one line each.
#include "parsers/kernel/io_error.h"

#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

IoError Row(std::string_view kind, std::string_view device, std::string_view text) {
  IoError row;
  row.kind = std::string(kind);
  row.device = TextOf(device);
  row.message = std::string(text);
  return row;
}

// block/blk-mq.c, blk_print_req_error(), since 5.16; block/blk-core.c before: blk_update_request(),
// print_req_error() in 4.14 to 5.1; end_request() until 3.18. The names: blk_errors[].
std::optional<IoError> ParseRequest(std::string_view text) {
  static const LogPattern kPattern(
      R"re((?:(?:end_request|blk_update_request|print_req_error): )?(I/O|critical medium|)re"
      R"re(critical target|critical nexus|critical space allocation|recoverable transport|)re"
      R"re(timeout|kernel resource|device resource|protection|operation not supported|)re"
      R"re(nonblocking retry|dm internal retry) error, dev ([^, ]+), sector (\d+))re"
      R"re((?: op 0x[0-9a-f]+(?::\((\w+)\))?)?(?: flags 0x[0-9a-f]+)?(?: phys_seg \d+)?(?: prio class \d+)?)re");
  const auto groups = MatchAll<4>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [name, device, sector, operation] = *groups;
  const std::string_view kind = name == "critical medium" ? "medium"
                                : name == "timeout"       ? "timeout"
                                                          : "io_error";
  IoError row = Row(kind, device, text);
  row.sector = ParseInteger(sector);
  row.operation = TextOf(operation);
  return row;
}

// fs/buffer.c, buffer_io_error() and its callers, of 4.1 and later; "on device" and "lost page
// write due to I/O error on" before.
std::optional<IoError> ParseBuffer(std::string_view text) {
  static const LogPattern kPattern(
      R"re(Buffer I/O error on dev(?:ice)? ([^, ]+), logical block (\d+)(?:, ([a-z ]+))?)re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [device, block, what] = *groups;
  IoError row = Row("io_error", device, text);
  row.block = ParseInteger(block);
  if (what.ends_with(" read")) row.operation = "READ";
  if (what.ends_with(" write")) row.operation = "WRITE";
  return row;
}

std::optional<IoError> ParseLostWrite(std::string_view text) {
  static const LogPattern kPattern(R"re(lost (?:async )?page write due to I/O error on (\S+))re");
  const auto groups = MatchAll<1>(text, kPattern);
  if (!groups) return std::nullopt;
  IoError row = Row("io_error", (*groups)[0], text);
  row.operation = "WRITE";
  return row;
}

// mm/page_io.c: end_swap_bio_write(), end_swap_bio_read(); kernel/power/swap.c.
std::optional<IoError> ParseSwap(std::string_view text) {
  static const LogPattern kPattern(
      R"re((Read|Write)-error on swap-device \((\d+:\d+)(?::(\d+))?\))re");
  const auto groups = MatchAll<3>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [operation, device, sector] = *groups;
  IoError row = Row("io_error", device, text);
  row.operation = operation == "Read" ? "READ" : "WRITE";
  row.sector = ParseInteger(sector);
  return row;
}

// drivers/nvme/host/pci.c: nvme_timeout(), nvme_warn_reset(), nvme_reset_work(); core.c.
std::optional<IoError> ParseNvme(std::string_view text) {
  struct Form {
    std::string_view kind;
    LogPattern pattern;
  };
  static const Form kForms[] = {
      {"timeout",
       LogPattern(R"re(nvme (nvme\w+): I/O (?:tag )?\d+ .*QID \d+ timeout, (?:aborting|reset )re"
                  R"re(controller|disable controller|completion polled).*)re")},
      {"reset", LogPattern(R"re(nvme (nvme\w+): controller is down; will reset: CSTS=.*)re")},
      {"offline",
       LogPattern(R"re(nvme (nvme\w+): (?:Removing after probe failure|Disabling device after )re"
                  R"re(reset failure|Device not ready; aborting (?:reset|initialisation)).*)re")}};
  for (const Form& form : kForms) {
    if (const auto groups = MatchAll<1>(text, form.pattern))
      return Row(form.kind, (*groups)[0], text);
  }
  return std::nullopt;
}

// drivers/nvme/host/core.c, nvme_log_error(), since 5.18.
std::optional<IoError> ParseNvmeCommand(std::string_view text) {
  static const LogPattern kPattern(
      R"re((nvme\w+): ([\w/ -]{1,40})\(0x[0-9a-f]+\) @ LBA (\d+), \d+ blocks, (.+) \(sct )re"
      R"re(0x([0-9a-f]+) / sc 0x[0-9a-f]+\).*)re");
  const auto groups = MatchAll<5>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [device, operation, lba, error, type] = *groups;
  // include/linux/nvme.h: status code type 2 is "Media and Data Integrity Errors".
  IoError row = Row(type == "2" ? "medium" : "io_error", device, text);
  row.operation = std::string(operation);
  row.sector = ParseInteger(lba);
  row.error = std::string(error);
  return row;
}

// drivers/scsi: scsi_lib.c, scsi_prep_state_check(); scsi_error.c, scsi_eh_offline_sdevs();
// mpt3sas_scsih.c and its like.
std::optional<IoError> ParseScsi(std::string_view text) {
  struct Form {
    std::string_view kind;
    LogPattern pattern;
  };
  static const Form kForms[] = {
      {"offline",
       LogPattern(
           R"re((?:(?:sd|sr|st|scsi) (\d+:\d+:\d+:\d+)|(scsi\d+ \(\d+:\d+\))): )re"
           R"re((?:\[(\w+)\] )?(?:rejecting I/O to (?:offline|dead) device|killing request|)re"
           R"re(Device offlined - not ready after error recovery))re")},
      {"timeout",
       LogPattern(R"re((?:(?:sd|sr|st|scsi) (\d+:\d+:\d+:\d+)|(scsi\d+ \(\d+:\d+\))): )re"
                  R"re((?:\[(\w+)\] )?(?:tag#\d+ )?(?:timing out command, waited \d+s|)re"
                  R"re((?:attempting )?task abort[!:].*))re")},
      {"reset",
       LogPattern(R"re((?:(?:sd|sr|st|scsi) (\d+:\d+:\d+:\d+)|(scsi\d+ \(\d+:\d+\))): )re"
                  R"re((?:\[(\w+)\] )?(?:attempting )?(?:device|target|bus|host) reset[!:].*)re")}};
  for (const Form& form : kForms) {
    const auto groups = MatchAll<3>(text, form.pattern);
    if (!groups) continue;
    const auto& [address, old_address, name] = *groups;
    return Row(form.kind, !name.empty() ? name : !address.empty() ? address : old_address, text);
  }
  return std::nullopt;
}

// drivers/md/raid1.c and its like, raid1_error().
std::optional<IoError> ParseMd(std::string_view text) {
  static const LogPattern kPattern(
      R"re(md/raid\w*:\w+: Disk failure on ([^, ]+), disabling device\..*)re");
  const auto groups = MatchAll<1>(text, kPattern);
  if (!groups) return std::nullopt;
  return Row("offline", (*groups)[0], text);
}

// Whole lines of fixed words: without a prefix they are a bare dmesg's.
template <std::optional<IoError> (*Parse)(std::string_view)>
bool Is(const LogLine& line) {
  return !line.cut && Parse(line.text).has_value();
}

class IoErrorBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed() || line.cut) return Claim::kNone;
    for (const auto parse : {ParseRequest, ParseBuffer, ParseLostWrite, ParseSwap, ParseNvme,
                             ParseNvmeCommand, ParseScsi, ParseMd}) {
      std::optional<IoError> row = parse(line.text);
      if (!row) continue;
      row_ = *std::move(row);
      return Claim::kTaken;
    }
    return Claim::kNone;
  }

  bool closed() const override { return row_.kind.has_value(); }

  void Finish(EventRecord& event) override {
    event.title = TitleOf(row_);
    event.complete = true;
    AddRows(event, std::vector<IoError>{std::move(row_)});
  }

 private:
  IoError row_;
};

}  // namespace

std::optional<IoError> ParseRequestLine(std::string_view text) { return ParseRequest(text); }

RecordKind IoErrorKind() {
  return {.name = "io_error",
          .openers = {{" error, dev ", Is<ParseRequest>, true},
                      {"Buffer I/O error on dev", Is<ParseBuffer>, true},
                      {"page write due to I/O error on ", Is<ParseLostWrite>, true},
                      {"-error on swap-device (", Is<ParseSwap>, true},
                      {" timeout, ", Is<ParseNvme>, true},
                      {": controller is down; will reset", Is<ParseNvme>, true},
                      {": Removing after probe failure", Is<ParseNvme>, true},
                      {": Disabling device after reset failure", Is<ParseNvme>, true},
                      {": Device not ready; aborting ", Is<ParseNvme>, true},
                      {") @ LBA ", Is<ParseNvmeCommand>, true},
                      {"rejecting I/O to ", Is<ParseScsi>, true},
                      {"killing request", Is<ParseScsi>, true},
                      {"Device offlined - not ready", Is<ParseScsi>, true},
                      {"timing out command, waited ", Is<ParseScsi>, true},
                      {"task abort", Is<ParseScsi>, true},
                      {" reset! ", Is<ParseScsi>, true},
                      {" reset: ", Is<ParseScsi>, true},
                      {": Disk failure on ", Is<ParseMd>, true}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<IoErrorBlock>()); }};
}

}  // namespace kautopsy
