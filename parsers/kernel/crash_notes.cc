#include "parsers/kernel/crash_notes.h"

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {

void CrashNotes::TakeTask(std::string_view name, std::string_view number) {
  if (pid) return;
  comm = TextOf(name);
  pid = ParseInteger(number);
}

void CrashNotes::LookForAccess(std::string_view text) {
  static const LogPattern kKasan(
      R"re((?:(?:Read|Write|Free) of .* at addr|.* at) (?:0x)?([0-9a-f]{8,16})(?: .*)? by task (.{0,15})/(\d+)(?: .*)?)re");
  static const LogPattern kKcsan(
      R"re([a-z-]+(?: \(marked\))? to 0x([0-9a-f]+) of \d+ bytes by (?:task (\d+)|interrupt) on cpu (\d+):)re");
  static const LogPattern kKfence(
      R"re((?:Out-of-bounds|Use-after-free|Invalid) [a-z-]+ at 0x([0-9a-f]+).*|Corrupted memory at 0x([0-9a-f]+) .*)re");
  if (fault_address) return;
  if (const auto kasan = MatchAll<3>(text, kKasan)) {
    fault_address = std::string((*kasan)[0]);
    TakeTask((*kasan)[1], (*kasan)[2]);
  } else if (const auto kcsan = MatchAll<3>(text, kKcsan)) {
    fault_address = std::string((*kcsan)[0]);
    TakeTask("", (*kcsan)[1]);
    cpu = ParseInteger((*kcsan)[2]);
  } else if (const auto kfence = MatchAll<2>(text, kKfence)) {
    fault_address = std::string((*kfence)[0].empty() ? (*kfence)[1] : (*kfence)[0]);
  } else {
    return;
  }
  message = std::string(text);
}

// Without pid until 3.x, where a name with a slash cannot be told from one with a pid.
void CrashNotes::LookForLock(std::string_view text) {
  static const LogPattern kWho(
      R"re((.{1,15})/(\d+) (?:\[HC\d.*|is trying to (?:acquire|release) lock.*|just changed the state of lock:)re"
      R"re(|is leaving the kernel .*|is freeing memory .*|is exiting with locks still held!))re");
  static const LogPattern kAt(
      R"re((?:.*[, ])?at: (?:\[<[0-9a-f]*>\] )?([\w.$]+)(?:\+0x.*?)?(?: \[([\w-]+).*\])?)re");
  static const LogPattern kNext(
      R"re((?:\[<[0-9a-f]*>\] )?([\w.$]+)\+0x[0-9a-f/x]+(?: \[([\w-]+).*\])?)re");
  static const LogPattern kPlace(R"re(([^\s:]+\.[ch]):(\d+) \S.*)re");
  if (const auto who = MatchAll<2>(text, kWho)) TakeTask((*who)[0], (*who)[1]);
  if (const auto place = MatchAll<2>(text, kPlace); place && !file) {
    file = std::string((*place)[0]);
    line = ParseInteger((*place)[1]);
  }
  auto at = MatchAll<2>(text, kAt);
  if (!at && lock_follows_) at = MatchAll<2>(text, kNext);
  lock_follows_ = text.ends_with(" at:");
  if (!at || symbol) return;
  symbol = std::string((*at)[0]);
  module = TextOf((*at)[1]);
}

void CrashNotes::LookForCaller(std::string_view text) {
  static const LogPattern kAtomic(R"re(in_atomic\(\): ?\d+, .*\bpid: (\d+), name: (.{0,15}))re");
  static const LogPattern kCaller(R"re(caller is ([\w.$]+)(?:\+0x\S+)?(?: \[([\w-]+).*\])?)re");
  if (const auto task = MatchAll<2>(text, kAtomic)) TakeTask((*task)[1], (*task)[0]);
  const auto caller = MatchAll<2>(text, kCaller);
  if (!caller || symbol) return;
  symbol = std::string((*caller)[0]);
  module = TextOf((*caller)[1]);
}

void CrashNotes::LookForBlocker(std::string_view text) {
  static const LogPattern kPattern(
      R"re(INFO: task .{0,15}:\d+(?: <\w+>)? (?:is )?blocked on an? .* likely (?:owned|last held) by task (.{0,15}):(\d+)(?: <\w+>)?\.?)re");
  const auto groups = MatchAll<2>(text, kPattern);
  if (!groups || blocker_pid) return;
  blocker_comm = std::string((*groups)[0]);
  blocker_pid = ParseInteger((*groups)[1]);
}

void CrashNotes::LookForTask(std::string_view text) {
  static const LogPattern kDump(R"re((?:rcu: )?Task dump for CPU (\d+):)re");
  static const LogPattern kTask(
      R"re(task:(\S.{0,14}?) *state:R .* pid: *(\d+) .*|(\S.{0,14}?) +R +running task +\d+ +(\d+) +\d+ 0x.*)re");
  if (const auto dump = MatchAll<1>(text, kDump); dump && !cpu) cpu = ParseInteger((*dump)[0]);
  const auto task = MatchAll<4>(text, kTask);
  if (!task || !cpu) return;
  const auto& [comm_now, pid_now, comm_old, pid_old] = *task;
  TakeTask(pid_now.empty() ? comm_old : comm_now, pid_now.empty() ? pid_old : pid_now);
}

void CrashNotes::Look(const LogLine& line_at_hand, std::string_view kind) {
  if (line_at_hand.cut) return;
  const std::string_view text = line_at_hand.text;
  if (kind == "sanitizer") LookForAccess(text);
  if (kind == "lockdep") LookForLock(text);
  if (kind == "bug") LookForCaller(text);
  if (kind == "hung_task") LookForBlocker(text);
  if (kind == "rcu_stall") LookForTask(text);
}

}  // namespace kautopsy
