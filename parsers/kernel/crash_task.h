#pragma once

#include "base/row.h"
#include "parsers/kernel/process_line.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// Who was running when the kernel crashed, in the words of all times: the process line, and what
// stood in its place before 3.10 and on other architectures:
//   Process rmmod (pid: 1101, stack limit = 0xc7082278)      arm, arm64; x86 and others until 3.9
//   CPU: 0    Not tainted  (2.6.32-rc8 #322)                 arm until 3.9
//   EIP:    0060:[<c03318ae>]    Not tainted VLI             i386 until 2.6.24
//   EFLAGS: 00010246   (2.6.22.3 #1)
//   Pid : 1157, Comm: modprobe                               sh
//   TASK = c00000000f3b8000[1234] 'insmod' THREAD: c000000 CPU: 1    powerpc until 4.7
//         Tainted: G           OE      6.12.117-amd64 #1     kernel/hung_task.c
//   6.1.0-42-amd64 #1 Not tainted                            kernel/locking/lockdep.c
class CrashTaskSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  // The head of the record names this process: another's line belongs to another record.
  void Expect(const Integer& pid) { expected_pid_ = pid; }
  bool seen() const { return pid_.has_value(); }
  const Text& comm() const { return comm_; }
  const Integer& pid() const { return pid_; }
  const Integer& cpu() const { return cpu_; }
  const Text& taint() const { return taint_; }
  const Text& release() const { return release_; }
  const Text& hardware() const { return line_.hardware(); }
  void AddTo(EventRecord& event) { line_.AddTo(event); }

 private:
  Claim OfferOldForms(const LogLine& line);
  void TakeTaint(const LogLine& line);

  Integer expected_pid_;
  ProcessLineSection line_;
  Text comm_;
  Integer pid_;
  Integer cpu_;
  Text taint_;
  Text release_;
};

}  // namespace kautopsy
