#pragma once

#include <string_view>

#include "base/row.h"
#include "parsers/envelope/log_line.h"

namespace kautopsy {

// What lines below the head of a crash's report tell of it, in forms of their own:
//   Read of size 8 at addr 00000000000002d8 by task swapper/0/1       mm/kasan/report.c
//   read to 0xffff88810a3b4c18 of 4 bytes by task 8105 on cpu 0:      kernel/kcsan/report.c
//   Out-of-bounds read at 0xffff8881 (1B left of kfence-#17):         mm/kfence/report.c
//   swapper/0/1 is trying to acquire lock:                            kernel/locking/lockdep.c
//   ffff88810a3b4d30 (&q->lock){+.+.}-{3:3}, at: acme_drain+0x2b/0xa0
//   net/ipv4/route.c:123 suspicious rcu_dereference_check() usage!
//   in_atomic(): 1, irqs_disabled(): 0, non_block: 0, pid: 611, name: acmectl   kernel/sched/core.c
//   caller is blast_dcache16+0x24/0x154                               lib/smp_processor_id.c
//   INFO: task a:1 is blocked on a mutex likely owned by task b:2.    kernel/hung_task.c,
//   since 6.16 task:runc            state:R  running task     stack:0     pid:183189
//   kernel/sched/core.c
// The first of each counts.
class CrashNotes {
 public:
  // Looks at a line of a report of `kind` (`event.kind`).
  void Look(const LogLine& line, std::string_view kind);

  Text comm;
  Integer pid;
  Integer cpu;
  Text symbol;
  Text module;
  Text file;
  Integer line;
  Text fault_address;
  Text message;
  Text blocker_comm;
  Integer blocker_pid;

 private:
  void LookForAccess(std::string_view text);
  void LookForLock(std::string_view text);
  void LookForCaller(std::string_view text);
  void LookForBlocker(std::string_view text);
  void LookForTask(std::string_view text);
  void TakeTask(std::string_view name, std::string_view number);

  bool lock_follows_ = false;  // the function stands in the next line
};

}  // namespace kautopsy
