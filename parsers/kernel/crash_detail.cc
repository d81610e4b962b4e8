#include "parsers/kernel/crash_detail.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

constexpr auto kHeads = std::to_array<std::string_view>({
    // Page tables and the fault's details: arch/x86/mm/fault.c, dump_pagetable() and
    // show_fault_oops(); arm, show_pte(); arm64, mem_abort_decode(); s390, dump_fault_info()
    "PGD ",
    "IP: ",
    "*pde = ",
    "*pdpt = ",
    "printing eip:",
    "#PF: ",
    "#PF error: ",
    "pgd = ",
    "[*pgd",
    "Mem abort info:",
    "ESR = ",
    "EC = ",
    "SET = ",
    "EA = ",
    "FSC = ",
    "Data abort info:",
    "ISV = ",
    "CM = ",
    "GCS = ",
    "user pgtable: ",
    "swapper pgtable: ",
    "Exception class = ",
    "Failing address: ",
    "Fault in ",
    "AS:",
    "Faulting instruction address: ",
    "LE PAGE_SIZE=",
    "BE PAGE_SIZE=",
    "tsk->{mm,active_mm}",
    "pc = ",
    "Current ",
    // What was running: arch/x86/kernel/dumpstack_32.c and _64.c until 3.9, others
    "Process ",
    "task: ",
    "Thread overran stack",
    "last sysfs file:",
    "Internal error: ",
    "Supported: ",
    "Unloaded tainted modules: ",
    "CPU features: ",
    "Memory Limit: ",
    // arch/sparc/kernel/traps_64.c, die_if_kernel(); arch/parisc/kernel/traps.c, show_regs()
    "Caller[",
    "Instruction DUMP:",
    "\\|/ ____ \\|/",
    "\"@'/ .. \\`@\"",
    "/_| \\__/ |_\\",
    "\\__U_/",
    "IASQ: ",
    "PSW: ",
    "YZrvWESTHLNXBCVMcbcbcbcbOGFRQPDI",
    "IIR: ",
    "CPU: ",
    "ORIG_R28: ",
    "RSP <",
    "Workqueue: ",
    "IAOQ[",
    "RP(r2): ",
    "TSTATE: ",
    "RPC: ",
    "I7: ",
    // arch/arm/kernel/process.c, __show_regs(); arch/riscv, arch/mips, arch/s390, arch/powerpc
    "Flags: ",
    "Control: ",
    "Table: ",
    "Register ",
    "status: ",
    "Status: ",
    "Cause ",
    "Cause: ",
    "BadVA ",
    "PrId ",
    "Hi ",
    "Lo ",
    "Krnl ",
    "R:0 ",
    "LE SMP ",
    "BE SMP ",
    "PREEMPT",
    "SMP NR_CPUS",
    "8<--",
    "MACH: ",
    "PR is at ",
    "LR is at ",
    "ra : ",
    "TASK = ",
    "XER: ",
    "DSISR: ",
    // lib/dump_stack.c, kernel/sched/core.c, kernel/locking/lockdep.c, kernel/trace/trace.c
    "in_atomic(): ",
    "in_atomic():",
    "preempt_count: ",
    "RCU nest depth: ",
    "Preemption disabled at",
    "caller is ",
    "INFO: lockdep is turned off.",
    "irq event stamp: ",
    "hardirqs last ",
    "softirqs last ",
    "no locks held by ",
    "Dumping ftrace buffer:",
    "(ftrace buffer empty)",
    "Disabling lock debugging due to kernel taint",
    "lock: ",
    // mm/debug.c, __dump_page(); mm/memory.c, print_bad_pte()
    "page:",
    "page: ",
    "flags: ",
    "raw: ",
    "head: ",
    "page dumped because: ",
    "page flags: ",
    "page_owner ",
    "bad because of flags:",
    "addr:",
    "file:",
    "vma->vm_ops->fault: ",
    "vma->vm_file->f_op->mmap: ",
    "memcg:",
    "aops:",
    "anon flags: ",
    "pfn:",
    "page_type: ",
    "page->mem_cgroup:",
    "Trying to fix it up",
    "Backtrace:",
    "page has been migrated",
    // mm/kasan/report.c, mm/kfence/report.c, kernel/kcsan/report.c, lib/ubsan.c
    "Read of size ",
    "Allocated by task ",
    "Freed by task ",
    "Last potentially related work ",
    "Second to last potentially ",
    "KASAN: ",
    "Write of size ",
    "The buggy address ",
    "which belongs to ",
    "located ",
    "Memory state around the buggy address:",
    "Out-of-bounds ",
    "Use-after-free ",
    "Corrupted memory at ",
    "Invalid free of ",
    "kfence-#",
    "allocated by task ",
    "freed by task ",
    "read to ",
    "write to ",
    "read-write to ",
    "race at ",
    "value changed: ",
    "Reported by Kernel Concurrency Sanitizer",
    "index ",
    "shift exponent ",
    "signed integer ",
    "load of value ",
    "member access ",
    "left shift of ",
    "division by zero",
    "Uninit was ",
    "Local variable ",
    "Bytes ",
    "Memory access of size ",
    "Free of addr ",
    // mm/slub.c, print_trailer(), object_err() and slab_fix(); mm/slab.c
    "INFO: Allocated in ",
    "INFO: Freed in ",
    "INFO: Slab ",
    "INFO: Object ",
    "INFO: 0x",
    "Allocated in ",
    "Freed in ",
    "Slab 0x",
    "Object 0x",
    "Redzone ",
    "Padding ",
    "Object ",
    "Bytes b4 ",
    "FIX ",
    // kernel/hung_task.c, check_hung_task(); kernel/sched/core.c, sched_show_task()
    "\"echo 0 > /proc/sys/kernel/hung_task_timeout_secs\"",
    "task:",
    "task ",
    "Showing all locks held in the system:",
    "Future hung task reports are suppressed",
    "Blocked by coredump.",
    // kernel/watchdog.c, lib/nmi_backtrace.c, kernel/workqueue.c
    "Sending NMI from CPU ",
    "sending NMI to ",
    "Utilization every ",
    "CPU#",
    "Detect HardIRQ Time",
    "Showing busy workqueues and worker pools:",
    "Showing backtraces of running workers ",
    "workqueue ",
    "pwq ",
    "pool ",
    "pending: ",
    "in-flight: ",
    "inactive: ",
    "delayed: ",
    // kernel/panic.c, kernel/exit.c, arch/*/kernel/setup.c: how it ends
    "---[ end trace ",
    "note: ",
    "Kernel Offset: ",
    "Fixing recursive fault but reboot is needed!",
    "Rebooting in ",
    "SMP: stopping secondary CPUs",
    "SMP: failed to stop secondary CPUs",
    "---[ end Kernel panic",
    "Press Stop-A",
    "twice on console",
    "drm_kms_helper: panic occurred",
    "Shutting down cpus with NMI",
    "Starting crashdump kernel",
    "Bye!",
    "kernel fault(",
});

// Sorted by first byte once, so that most lines are decided by few comparisons.
const std::vector<std::vector<std::string_view>>& HeadsByFirstByte() {
  static const std::vector<std::vector<std::string_view>> kByFirst = [] {
    std::vector<std::vector<std::string_view>> by_first(256);
    for (const std::string_view head : kHeads)
      by_first[static_cast<unsigned char>(head[0])].push_back(head);
    return by_first;
  }();
  return kByFirst;
}

// Held locks (" #0: ffff (&mm->mmap_lock){++++}, at: f+0x..."), KASAN's and SLUB's rows of memory,
// an arm stack or page table, states of CPUs.
const LogPattern& Rows() {
  static const LogPattern kPattern(
      R"re(\d+ locks? held by .*|#\d+: .*(?:at|\{).*|>?(?:0x)?[0-9a-f]{8,16}: (?:[0-9a-f]{2} ?)+.*)re"
      R"re(|\^[ ^]*|={20,}|-{20,}|_{20,}|\[[0-9a-f]+\] \*?pgd=.*|[0-9a-f]{3,4}0: [ 0-9a-f]+)re"
      R"re(|CPU ?: ?\d+ .*|CPU:? +\d+:?|Pid ?: .*|(?:Not tainted|Tainted: [A-Z ]+) \d+\.\d.*)re"
      R"re(|.{1,15} +[RSDTtXZPIK] +(?:(?:[0-9a-f]{8,16}|running task|stopped) +)?\d+ +\d+ +\d+ .*)re"
      R"re(|\|?-+\|?|(?:\w+ )?\d+-byte region \[.*|<?[0-9a-f]{8}>?|CPU\d+: stopping|NMI backtrace for cpu \d+.*|[A-Z ]+(?:SMP|PREEMPT)[A-Z_ =0-9]*)re");
  return kPattern;
}

constexpr auto kLockdepHeads =
    std::to_array<std::string_view>({"but task is already holding lock:",
                                     "but there are no more locks to release!",
                                     "which lock already depends on the new lock.",
                                     "the existing dependency chain ",
                                     "other info that might help us debug this:",
                                     "Possible unsafe locking scenario:",
                                     "Possible interrupt unsafe locking scenario:",
                                     "*** DEADLOCK ***",
                                     "May be due to missing ",
                                     "stack backtrace:",
                                     "Chain exists of:",
                                     "CPU0 ",
                                     "---- ",
                                     "lock(",
                                     "rlock(",
                                     "<Interrupt>",
                                     "and this task is already holding:",
                                     "which would create a new lock dependency:",
                                     "but this new dependency connects ",
                                     "to a ",
                                     "the dependencies between ",
                                     "-> ",
                                     "... ",
                                     "INITIAL USE ",
                                     "HARDIRQ-ON-",
                                     "SOFTIRQ-ON-",
                                     "IN-HARDIRQ-",
                                     "IN-SOFTIRQ-",
                                     "IN-RECLAIM",
                                     "RECLAIM_FS",
                                     "inconsistent {",
                                     "rcu_scheduler_active = ",
                                     "the code is fine but needs",
                                     "turning off the locking correctness validator.",
                                     "you didn't initialize",
                                     "and interrupts ",
                                     "which became ",
                                     "(",
                                     "{",
                                     "[",
                                     "ffffffff",
                                     "tracking "});

// "swapper/0/1 is trying to acquire lock:", "net/core/dev.c:12 suspicious rcu_dereference_check()
// usage!", "6.1.0 #1 Tainted: G W", rulers.
const LogPattern& LockdepRows() {
  static const LogPattern kPattern(
      R"re(.+ (?:is trying to (?:acquire|release) lock.*|just changed the state of lock:|is freeing memory .*|is leaving the kernel with locks.*|has locks held.*))re"
      R"re(|.+ \[HC\d.*|\S+:\d+ suspicious .*|\d+\.\d\S* .*(?:Not tainted|Tainted: .*)|[-=.]{5,}|CPU\d.*|=+)re"
      R"re(|.+ -> .+|.+ --> .+|&.+|[0-9a-f]{8,16} \(.*)re");
  return kPattern;
}

}  // namespace

bool IsCrashDetail(std::string_view text) {
  if (text.empty()) return false;
  const auto& heads = HeadsByFirstByte()[static_cast<unsigned char>(text[0])];
  return std::any_of(heads.begin(), heads.end(),
                     [&](std::string_view head) { return text.starts_with(head); }) ||
         Matches(text, Rows());
}

bool IsLockdepDetail(std::string_view text) {
  return std::any_of(kLockdepHeads.begin(), kLockdepHeads.end(),
                     [&](std::string_view head) { return text.starts_with(head); }) ||
         Matches(text, LockdepRows());
}

}  // namespace kautopsy
