#include "parsers/kernel/process_line.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::string_view kHardware = "Hardware name: ";

}  // namespace

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
  static constexpr std::array<std::string_view, 3> kJobs = {
      "Workqueue: ", "Stopper: ", "Sched_ext: "};
  const bool job = std::any_of(kJobs.begin(), kJobs.end(),
                               [&](std::string_view head) { return text.starts_with(head); });
  if (!job || job_) return Claim::kNone;
  job_ = true;
  return Claim::kTaken;
}

Claim ProcessLineSection::Offer(const LogLine& line) {
  if (line.text.empty()) return Claim::kNone;
  const char first = line.text[0];
  if (first == 'H' || first == 'T' || first == 'W' || first == 'S') return OfferBelow(line);
  if (!line.text.starts_with("Pid: ") && !line.text.starts_with("CPU: ")) return Claim::kNone;
  // The taint field has one column per flag with blanks inside; the release is the first word after
  // it that begins with a version number.
  static const LogPattern kPattern(
      R"re((?:Pid: |CPU: \d+ (?:UID: \d+ )?PID: )(\d+),? [cC]omm: (.{0,15}?) )re"
      R"re((?:Kdump: loaded )?(?:ve: \S+ )?(?:Not tainted|Tainted: [A-Za-z\- ]*?)(?: *(\d+\.\d[^ ]*)(?: .*)?)?)re");
  const auto groups = MatchAll<3>(line.text, kPattern);
  if (!groups) return Claim::kNone;
  const auto& [pid, comm, release] = *groups;
  if (expected_ && comm != *expected_) return Claim::kNone;
  if (pid_) return Claim::kConflict;
  pid_ = ParseInteger(pid);
  comm_ = std::string(comm);
  release_ = TextOf(release);
  return Claim::kTaken;
}

}  // namespace kautopsy
