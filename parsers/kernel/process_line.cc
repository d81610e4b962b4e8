#include "parsers/kernel/process_line.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::string_view kHardware = "Hardware name: ";
constexpr std::string_view kWorkqueue = "Workqueue: ";

}  // namespace

Integer CallerPid(std::string_view caller) {
  return ConsumePrefix(caller, "T") ? ParseInteger(caller) : std::nullopt;
}

Text TaintOf(std::string_view field) {
  if (ConsumePrefix(field, "Not tainted")) return "";
  if (!ConsumePrefix(field, "Tainted: ")) return std::nullopt;
  std::string letters(field);
  std::erase_if(letters, [](char c) { return IsBlank(c) || c == '-'; });
  return letters;
}

std::optional<ProcessLine> ParseProcessLine(std::string_view text) {
  if (!text.starts_with("Pid: ") && !text.starts_with("CPU: ")) return std::nullopt;
  // The release is the first word behind the taint flags that begins with a version number.
  static const LogPattern kPattern(
      R"re((?:Pid: |CPU: (\d+) (?:UID: \d+ )?PID: )(\d+),? [cC]omm: (.{0,15}?) )re"
      R"re((?:Kdump: loaded )?(?:ve: \S+ )?(Not tainted|Tainted: [A-Za-z\- ]*?)(?: *(\d+\.\d[^ ]*|syzkaller)(?: .*)?)?)re");
  // Mail breaks it before the taint.
  static const LogPattern kBroken(
      R"re(CPU: (\d+) (?:UID: \d+ )?PID: (\d+) Comm: (\S{1,15})(?: Kdump:| Tainted:| Not)?)re");
  const auto groups = MatchAll<5>(text, kPattern);
  if (const auto broken = groups ? std::nullopt : MatchAll<3>(text, kBroken)) {
    return ProcessLine{.pid = ParseInteger((*broken)[1]),
                       .comm = std::string((*broken)[2]),
                       .cpu = ParseInteger((*broken)[0]),
                       .taint = std::nullopt,
                       .release = std::nullopt};
  }
  if (!groups) return std::nullopt;
  const auto& [cpu, pid, comm, taint, release] = *groups;
  return ProcessLine{.pid = ParseInteger(pid),
                     .comm = std::string(comm),
                     .cpu = ParseInteger(cpu),
                     .taint = release.empty() ? std::nullopt : TaintOf(taint),
                     .release = TextOf(release)};
}

std::span<const Field<WorkItem>> WorkItem::Fields() {
  static constexpr std::array<Field<WorkItem>, 5> kFields = {{
      {"workqueue", &WorkItem::workqueue},
      {"symbol", &WorkItem::symbol},
      {"module", &WorkItem::module},
      {"description", &WorkItem::description},
      {"log_line", &WorkItem::log_line},
  }};
  return kFields;
}

std::optional<WorkItem> ParseWorkqueueLine(std::string_view text) {
  if (!ConsumePrefix(text, kWorkqueue)) return std::nullopt;
  // A queue's name may hold blanks, a function's none.
  static const LogPattern kPattern(
      R"re( *(.*?) *(?:0x[0-9a-f]+|[0-9a-f]{8,16}|\(?null\)?|([A-Za-z_][\w.$]*))(?: \[([^\] ]+)\])?(?: \((.*)\))?)re");
  const auto groups = MatchAll<4>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [queue, symbol, module, description] = *groups;
  if (queue.empty() && symbol.empty()) return std::nullopt;
  return WorkItem{.workqueue = TextOf(queue),
                  .symbol = TextOf(symbol),
                  .module = TextOf(module),
                  .description = TextOf(description),
                  .log_line = std::nullopt};
}

void ProcessLineSection::AddTo(EventRecord& event) {
  if (work_) AddRows(event, std::vector<WorkItem>{std::move(*work_)});
  work_.reset();
}

Claim ProcessLineSection::OfferJob(const LogLine& line) {
  static constexpr std::array<std::string_view, 3> kJobs = {kWorkqueue, "Stopper: ", "Sched_ext: "};
  const bool job = std::any_of(kJobs.begin(), kJobs.end(),
                               [&](std::string_view head) { return line.text.starts_with(head); });
  if (!job || job_) return Claim::kNone;
  job_ = true;
  if (!line.cut) work_ = ParseWorkqueueLine(line.text);
  if (work_) work_->log_line = static_cast<int64_t>(line.place.line);
  return Claim::kTaken;
}

Claim ProcessLineSection::OfferBelow(const LogLine& line) {
  const std::string_view text = line.text;
  if (text.starts_with(kHardware)) {
    if (hardware_) return Claim::kConflict;
    if (!line.cut) hardware_ = std::string(text.substr(kHardware.size()));
    return Claim::kTaken;
  }
  if (!seen()) return Claim::kNone;
  // "Tainted: [O]=OOT_MODULE, [E]=UNSIGNED_MODULE" (kernel/panic.c, print_tainted_verbose()).
  if (text.starts_with("Tainted: [")) {
    if (taint_names_) return Claim::kConflict;
    taint_names_ = true;
    return Claim::kTaken;
  }
  return OfferJob(line);
}

Claim ProcessLineSection::Offer(const LogLine& line) {
  if (line.text.empty()) return Claim::kNone;
  const char first = line.text[0];
  if (first == 'H' || first == 'T' || first == 'W' || first == 'S') return OfferBelow(line);
  std::optional<ProcessLine> read = ParseProcessLine(line.text);
  if (!read || (expected_ && read->comm != *expected_)) return Claim::kNone;
  if (seen()) return Claim::kConflict;
  read_ = std::move(*read);
  comm_ = read_.comm;
  return Claim::kTaken;
}

}  // namespace kautopsy
