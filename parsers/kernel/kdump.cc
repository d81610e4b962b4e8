// Marks that a crashed kernel's memory is being saved.
//   Starting crashdump kernel...
//       arch/arm64/kernel/machine_kexec.c, machine_crash_shutdown(); riscv, loongarch
//   kdump[527]: saving to /sysroot/var/crash/127.0.0.1-2024-03-03-04:17:11/
//   kdump[527]: saving vmcore complete
//       kdump-utils, kdump.sh and kdump-logger.sh; "kdump: ..." on the console
//   kdump-tools[618]:  * kdump-tools: saved vmcore in /var/crash/202403030417
//       kdump-tools of Debian, kdump-config, kdump_save_core()
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/kinds.h"
#include "parsers/kernel/section.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

// Relation `kdump_marker`.
struct KdumpMarker {
  Text marker;
  Text what;
  Text path;
  Text message;

  static constexpr std::string_view kRelation = "kdump_marker";
  static std::span<const Field<KdumpMarker>> Fields() {
    using F = Field<KdumpMarker>;
    static constexpr std::array fields = {
        F("marker", &KdumpMarker::marker), F("what", &KdumpMarker::what),
        F("path", &KdumpMarker::path), F("message", &KdumpMarker::message)};
    return fields;
  }
};

// What kdump says, in a line of its own or in one that names it.
std::optional<std::string_view> MessageOf(const LogLine& line) {
  static const LogPattern kNamed(
      R"re(kdump(?:-tools|\.sh)?(?:\[\d+\])?:? +(?:\* )?(?:kdump(?:-tools)?: )?(.+))re");
  static const LogPattern kBehindTag(R"re((?:\* )?(?:kdump(?:-tools)?: )?(.+))re");
  const auto groups = MatchAll<1>(line.text, line.witness ? kBehindTag : kNamed);
  if (!groups) return std::nullopt;
  return (*groups)[0];
}

std::optional<KdumpMarker> Parse(const LogLine& line) {
  if (line.cut) return std::nullopt;
  if (line.prefixed && !line.witness && line.text == "Starting crashdump kernel...")
    return KdumpMarker{.marker = "starting", .message = std::string(line.text)};
  const std::optional<std::string_view> message = MessageOf(line);
  if (!message) return std::nullopt;
  static const LogPattern kSaving(
      R"re(saving (vmcore|vmcore-dmesg\.txt)(?: to (\S+)|( complete)|( failed(?:, exitcode:\d+)?))?)re");
  static const LogPattern kTarget(R"re(saving to (?:raw disk )?(/\S+|\S+:/\S+))re");
  static const LogPattern kSaved(R"re(saved (vmcore|dmesg content) in (/\S+))re");
  KdumpMarker row;
  row.message = std::string(*message);
  if (const auto saving = MatchAll<4>(*message, kSaving)) {
    const auto& [what, path, complete, failed] = *saving;
    row.marker = !complete.empty() ? "saved" : !failed.empty() ? "failed" : "saving";
    row.what = what == "vmcore" ? "vmcore" : "dmesg";
    row.path = TextOf(path);
  } else if (const auto target = MatchAll<1>(*message, kTarget)) {
    row.marker = "target";
    row.path = std::string((*target)[0]);
  } else if (const auto saved = MatchAll<2>(*message, kSaved)) {
    row.marker = "saved";
    row.what = (*saved)[0] == "vmcore" ? "vmcore" : "dmesg";
    row.path = std::string((*saved)[1]);
  } else {
    return std::nullopt;
  }
  return row;
}

bool IsMarker(const LogLine& line) { return Parse(line).has_value(); }

class KdumpBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (row_) return Claim::kNone;
    row_ = Parse(line);
    return row_ ? Claim::kTaken : Claim::kNone;
  }

  bool closed() const override { return row_.has_value(); }

  void Finish(EventRecord& event) override {
    event.title = "kdump: ";
    if (row_->marker == "starting") event.title += "starting the crash kernel";
    if (row_->marker == "target") event.title += "where memory is saved";
    if (row_->what)
      event.title +=
          (row_->marker == "failed" ? "failed to save" : *row_->marker) + " " + *row_->what;
    event.complete = true;
    AddRows(event, std::vector<KdumpMarker>{*std::move(row_)});
  }

 private:
  std::optional<KdumpMarker> row_;
};

}  // namespace

RecordKind KdumpKind() {
  return {.name = "kdump",
          .openers = {{"Starting crashdump kernel", IsMarker, false},
                      {"saving vmcore", IsMarker, false},
                      {"saving to ", IsMarker, false},
                      {"saved vmcore in /", IsMarker, false},
                      {"saved dmesg content in /", IsMarker, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<KdumpBlock>()); }};
}

}  // namespace kautopsy
