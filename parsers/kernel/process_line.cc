#include "parsers/kernel/process_line.h"

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr std::string_view kHardware = "Hardware name: ";

}  // namespace

Claim ProcessLineSection::Offer(const LogLine& line) {
  if (line.text.starts_with(kHardware)) {
    if (hardware_) return Claim::kConflict;
    hardware_ = std::string(line.text.substr(kHardware.size()));
    return Claim::kTaken;
  }
  if (!line.text.starts_with("Pid: ") && !line.text.starts_with("CPU: ")) return Claim::kNone;
  // The taint field has one column per flag with blanks inside; the release is the first word after
  // it that begins with a version number.
  static const LogPattern kPattern(
      R"re((?:Pid: |CPU: \d+ (?:UID: \d+ )?PID: )(\d+),? [cC]omm: (.{0,15}?) )re"
      R"re((?:Kdump: loaded )?(?:Not tainted|Tainted: [A-Zrtuph\- ]*?) *(\d+\.\d[^ ]*)(?: .*)?)re");
  const auto groups = MatchAll<3>(line.text, kPattern);
  if (!groups) return Claim::kNone;
  const auto& [pid, comm, release] = *groups;
  if (expected_ && comm != *expected_) return Claim::kNone;
  if (pid_) return Claim::kConflict;
  pid_ = ParseInteger(pid);
  comm_ = std::string(comm);
  release_ = std::string(release);
  return Claim::kTaken;
}

}  // namespace kautopsy
