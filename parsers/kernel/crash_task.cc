#include "parsers/kernel/crash_task.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {

// "Not tainted 6.1.0-42 #1", "Tainted: G   W   (2.6.32-rc8 #322)", "(2.6.22.3 #1)".
void CrashTaskSection::TakeTaint(const LogLine& line) {
  static const LogPattern kBefore(
      R"re(.*?(?:(?:\b|\\0x09)(Not tainted|Tainted: [A-Z -]+?)[ (]+)?\(?(\d+\.\d\S*?)\)?(?: #.*)?)re");
  static const LogPattern kBehind(R"re((\d+\.\d\S*) #.* (Not tainted|Tainted: [A-Z -]+))re");
  if (release_ || line.cut) return;
  if (const auto groups = MatchAll<2>(line.text, kBehind)) {
    release_ = std::string((*groups)[0]);
    taint_ = TaintOf((*groups)[1]);
  } else if (const auto words = MatchAll<2>(line.text, kBefore)) {
    release_ = std::string((*words)[1]);
    if (!taint_) taint_ = TaintOf((*words)[0]);
  }
}

Claim CrashTaskSection::OfferOldForms(const LogLine& line) {
  const std::string_view text = line.text;
  static const LogPattern kProcess(
      R"re((?:Process (.{0,15}?) \(pid: (\d+)[,)].*|Pid ?: (\d+), Comm: *(?:\\0x09|\s)*(.{0,15}))re"
      R"re(|TASK ?[:=] [0-9a-f]+\[(\d+)\] '(.{0,15})' .*|Pid: (\d+), comm: +(\S.{0,14})))re");
  if (text.starts_with("Process ") || text.starts_with("Pid : ") || text.starts_with("Pid: ") ||
      text.starts_with("TASK")) {
    const auto groups = MatchAll<8>(text, kProcess);
    if (!groups || line.cut) return Claim::kNone;
    // Which of the forms it is: the first pair of groups that took part.
    const auto& [comm, pid, sh_pid, sh_comm, ppc_pid, ppc_comm, old_pid, old_comm] = *groups;
    const std::pair<std::string_view, std::string_view> forms[] = {
        {pid, comm}, {sh_pid, sh_comm}, {ppc_pid, ppc_comm}, {old_pid, old_comm}};
    const auto* const form =
        std::find_if(std::begin(forms), std::end(forms) - 1,
                     [](const auto& candidate) { return !candidate.first.empty(); });
    const Integer number = ParseInteger(form->first);
    if (expected_pid_ && number != expected_pid_) return Claim::kNone;
    if (pid_) return number == pid_ ? Claim::kTaken : Claim::kNone;
    comm_ = std::string(form->second);
    pid_ = number;
    return Claim::kTaken;
  }
  static const LogPattern kTaint(
      R"re(\d+\.\d\S* #.* (?:Not tainted|Tainted: [A-Z -]+)|(?:CPU ?: ?\d+ .*)?(?:\b|\\0x09)(?:Not tainted|Tainted: [A-Z -]+?) +\(?\d+\.\d\S* #.*)re"
      R"re(|EIP: +[0-9a-f]{4}:\[<[0-9a-f]+>\] +(?:Not tainted|Tainted: [A-Z ]+) .*|EFLAGS: [0-9a-f]{8} +\(\d.*\))re");
  static const LogPattern kCpu(R"re(CPU ?:? *(\d+)(?:\s.*)?:?)re");
  if (Matches(text, kTaint)) {
    TakeTaint(line);
    if (!taint_ && !line.cut && text.find("Not tainted") < text.size()) taint_ = "";
    if (const auto cpu = MatchAll<1>(text, kCpu); cpu && !cpu_) cpu_ = ParseInteger((*cpu)[0]);
    return text.starts_with("E") ? Claim::kNone : Claim::kTaken;  // registers stand there too
  }
  // Behind registers (i386, mips, alpha, ia64, powerpc), whose line is another part's too.
  static const LogPattern kAmongRegisters(
      R"re((?:EIP: |EFLAGS: |REGS: |epc +: |pc = |psr : |CPU: +\d+ ).*?\s(Not tainted|Tainted: [A-Z -]+?)(?: +VLI)?(?: +\(?(\d+\.\d[^)\s]*)[^)]*\)?)? *)re");
  if (text.find("ainted") < text.size() && !taint_ && !line.cut) {
    if (const auto groups = MatchAll<2>(text, kAmongRegisters)) {
      const auto& [taint, release] = *groups;
      taint_ = TaintOf(taint);
      if (!release_) release_ = TextOf(release);
      if (const auto cpu = MatchAll<1>(text, kCpu); cpu && !cpu_) cpu_ = ParseInteger((*cpu)[0]);
      return text.starts_with("CPU") ? Claim::kTaken : Claim::kNone;
    }
  }
  static const LogPattern kCpuAlone(R"re(CPU:? +(\d+):?)re");
  if (const auto cpu = MatchAll<1>(text, kCpuAlone)) {
    if (!cpu_ && !pid_ && !line.cut) cpu_ = ParseInteger((*cpu)[0]);
    return Claim::kTaken;
  }
  return Claim::kNone;
}

Claim CrashTaskSection::Offer(const LogLine& line) {
  if (std::optional<ProcessLine> read = ParseProcessLine(line.text)) {
    if (expected_pid_ && read->pid != expected_pid_) return Claim::kNone;
    const Claim claim = line_.Offer(line);
    if (claim != Claim::kTaken) return Claim::kNone;
    pid_ = read->pid;
    comm_ = read->comm;
    if (read->cpu) cpu_ = read->cpu;
    taint_ = read->taint;
    release_ = read->release;
    return claim;
  }
  const Claim claim = line_.Offer(line);
  if (claim == Claim::kTaken) return claim;
  return OfferOldForms(line);
}

}  // namespace kautopsy
