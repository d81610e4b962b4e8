#pragma once

#include "base/row.h"
#include "parsers/kernel/section.h"

namespace kautopsy {

// Who was running, as dump_stack() prints it (lib/dump_stack.c; arch/x86/kernel/process.c
// before 3.10):
//   Pid: 4444, comm: qemu_wl50 Not tainted 2.6.32-431.17.1.el6.x86_64 #1
//   CPU: 2 PID: 977 Comm: xfs_db Kdump: loaded Tainted: G        W   4.18.0-139.el8 #1
//   CPU: 1 UID: 0 PID: 660 Comm: test_progs Not tainted 6.16.0 #102 PREEMPT(full)
// and below it the taint flags by name (since 6.10), the machine's name and the worker's job.
class ProcessLineSection : public Section {
 public:
  Claim Offer(const LogLine& line) override;
  // The record's header names this comm: the line of another process belongs to another record.
  void Expect(std::string_view comm) { expected_ = std::string(comm); }
  const Text& comm() const { return comm_; }
  const Integer& pid() const { return pid_; }
  const Text& release() const { return release_; }
  const Text& hardware() const { return hardware_; }
  bool seen() const { return pid_.has_value(); }

 private:
  Claim OfferBelow(const LogLine& line);

  Text expected_;
  Text comm_;
  Integer pid_;
  Text release_;
  Text hardware_;
  bool taint_names_ = false;
  bool job_ = false;
};

}  // namespace kautopsy
