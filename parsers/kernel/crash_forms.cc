#include "parsers/kernel/crash_forms.h"

#include <array>
#include <span>

#include "parsers/kernel/crash_form.h"

namespace kautopsy {
namespace {

using crash_form::Alone;
using crash_form::Cause;
using crash_form::Lead;
using crash_form::Plain;
using crash_form::Vague;

// BUG() and other marks of the kernel's own checks.
std::span<const CrashForm> Bugs() {
  using enum FormRole;
  static const CrashForm kForms[] = {
      // lib/bug.c, report_bug(), and BUG() of include/asm-generic/bug.h
      Cause("bug", "kernel BUG at ", "kernel BUG", R"re(FILE(?:!.*)?)re", {kFile, kLine}),
      Cause("bug", "Kernel BUG at ", "kernel BUG", R"re((?:\.\.\.)?FILE(?:!.*)?)re",
            {kFile, kLine}),
      // arch/powerpc/kernel/traps.c, check_bug_trap(), and xmon.c, print_bug_trap(), until 2.6.19
      Cause("bug", "kernel BUG in ", "kernel BUG", R"re(SYMBOL at FILE(?:!.*)?)re",
            {kSymbol, kModule, kFile, kLine}),
      // arch/powerpc/xmon/xmon.c, excprint() and getvecname(): the debugger's own line of an oops
      Lead(
          "oops", "cpu 0x", "Oops: %",
          R"re([0-9a-f]+: Vector: (?:200|300|380|400|480|600|700) \(([A-Z][\w ]+)\) at \[[0-9a-f]+\])re",
          {kTitle}),
      // kernel/sched/core.c, __schedule_bug(); comm, count and pid changed places in 2.6.19
      Cause("bug", "BUG: scheduling while atomic: ", "BUG: scheduling while atomic",
            R"re((.{0,15})/(\d+)/0x[0-9a-f]+(?:, CPU#(\d+))?)re", {kComm, kPid, kCpu}),
      Cause("bug", "BUG: scheduling while atomic: ", "BUG: scheduling while atomic",
            R"re((.{0,15})/0x[0-9a-f]+/(\d+)(?:, CPU#(\d+))?)re", {kComm, kPid, kCpu}),
      // kernel/sched/core.c, __might_resched()
      Cause("bug", "BUG: sleeping function called from invalid context",
            "BUG: sleeping function called from invalid context", R"re( at FILE)re",
            {kFile, kLine}),
      Cause("bug", "Debug: sleeping function called from invalid context",
            "BUG: sleeping function called from invalid context", R"re( at FILE)re",
            {kFile, kLine}),
      // lib/smp_processor_id.c, check_preemption_disabled()
      Cause("bug", "BUG: using ", "BUG: using % in preemptible code",
            R"re((\w+\(\)) in preemptible \[[0-9a-f]+\] code: (.{0,15})/(\d+))re",
            {kTitle, kComm, kPid}),
      // kernel/workqueue.c, wq_watchdog_timer_fn(), since 4.5
      Alone("bug", "BUG: workqueue lockup - pool", "BUG: workqueue lockup",
            R"re(( cpus=(?:(\d+) |).*) stuck for (\d+)s!)re", {kMessage, kCpu, kSeconds}),
      // kernel/locking/spinlock_debug.c, spin_dump() and rwlock_bug()
      Cause("bug", "BUG: spinlock ", "BUG: spinlock %",
            R"re(([a-z][a-z -]*?)(?: suspected)? on CPU#(\d+), (.{0,15})/(\d+)(?:, .*)?)re",
            {kTitle, kCpu, kComm, kPid}),
      Cause("bug", "BUG: rwlock ", "BUG: rwlock %",
            R"re(([a-z][a-z -]*?) on CPU#(\d+), (.{0,15})/(\d+)(?:, .*)?)re",
            {kTitle, kCpu, kComm, kPid}),
      // lib/list_debug.c; the check behind it warns or dies
      Lead("bug", "list_add ", "list_add corruption", R"re(((?:corruption|double add)[.,:].*))re",
           {kMessage}),
      Lead("bug", "list_del ", "list_del corruption", R"re((corruption[.,:].*))re", {kMessage}),
      Lead("bug", "usercopy: ", "usercopy: kernel memory exposure",
           R"re((?:BUG: )?((?:Kernel|kernel) memory (?:exposure|overwrite) attempt detected .*))re",
           {kMessage}),
  };
  return kForms;
}

// Memory of the kernel's that holds what it must not.
std::span<const CrashForm> DamagedMemory() {
  using enum FormRole;
  static const CrashForm kForms[] = {
      // mm/slub.c, slab_bug(); mm/slab_common.c, kmem_cache_destroy()
      Plain("bug", "BUG ", "BUG %: %",
            R"re(([^ (]{1,64}) ?\((Not tainted|Tainted: [^)]*|[A-Z ]*)\): (\S.*?\S))re",
            {kTitle, kTaint, kTitle}),
      Plain("bug", "BUG ", "BUG %: %", R"re(([^ :(]{1,64}): (\S.* overwritten|Object .*))re",
            {kTitle, kTitle}),  // until 2.6.30
      // mm/slab.c, __slab_error() and check_poison_obj(), until 6.7
      Cause("bug", "slab error in ", "slab error in %", R"re((\w+)\(\): cache .*)re", {kTitle}),
      Cause("bug", "Slab corruption", "Slab corruption",
            R"re((?: \(.*\))?: .*\b(?:start|len)=.*)re"),
      // mm/page_alloc.c, bad_page(); mm/memory.c, print_bad_pte(); kernel/fork.c, check_mm()
      Plain("bad_page", "BUG: Bad page ", "BUG: Bad page %",
            R"re((state|map|cache) in process (.{0,15}?)  ?(?:pfn|pte|pmd|pud|pgd):.*)re",
            {kTitle, kComm}),
      Plain("bad_page", "Bad page state in process '", "BUG: Bad page state", R"re((.{0,15})')re",
            {kComm}),
      Plain("bad_page", "Bad page state at ", "BUG: Bad page state",
            R"re(SYMBOL \(in process '(.{0,15})', page [0-9a-f]+\))re", {kSymbol, kModule, kComm}),
      Alone("bad_page", "BUG: Bad rss-counter state mm:", "BUG: Bad rss-counter state",
            R"re(\S+ (?:type|idx):\S+ val:-?\d+(?: Comm:(.{0,15}) Pid:(\d+))?)re", {kComm, kPid}),
      Alone("bad_page", "BUG: non-zero ", "BUG: non-zero % on freeing mm",
            R"re((pgtables_bytes|nr_ptes|nr_pmds) on freeing mm: -?\d+)re", {kTitle}),
  };
  return kForms;
}

// WARN() and WARN_ON(): kernel/panic.c, __warn(); arch/powerpc/kernel/traps.c for "Badness".
std::span<const CrashForm> Warnings() {
  using enum FormRole;
  static const CrashForm kForms[] = {
      Cause("warning", "WARNING: at ", "WARNING", R"re(FILE(?: SYMBOL(?:\(\))?(?: \(.*\))?)?)re",
            {kFile, kLine, kSymbol, kModule}),  // until 3.11
      Cause("warning", "WARNING: CPU: ", "WARNING",
            R"re((\d+) PID: (\d+) at FILE(?: SYMBOL(?:\(\)| \(.*\))?)?)re",
            {kCpu, kPid, kFile, kLine, kSymbol, kModule}),  // 3.11 to 6.18
      Cause("warning", "WARNING: ", "WARNING", R"re(FILE at SYMBOL, CPU#(\d+): .*)re",
            {kFile, kLine, kSymbol, kModule, kCpu}),  // since 6.19; the process' line follows
      Cause("warning", "BUG: warning at ", "WARNING", R"re(FILE/(\w+)\(\).*)re",
            {kFile, kLine, kSymbol}),  // 2.6.17 to 2.6.20, EL5
      Cause("warning", "Badness at ", "WARNING", R"re(FILE)re", {kFile, kLine}),
      Cause("warning", "Badness in ", "WARNING", R"re((\w+) at FILE)re",
            {kSymbol, kFile, kLine}),  // until 2.6.16
      Lead("warning", "[ cut here ]", "WARNING", R"re(-*)re"),
  };
  return kForms;
}

// Who looks for damage of memory and races: mm/kasan/report.c, mm/kfence/report.c,
// mm/kmsan/report.c, kernel/kcsan/report.c, lib/ubsan.c.
std::span<const CrashForm> Sanitizers() {
  using enum FormRole;
  static const CrashForm kForms[] = {
      Cause("sanitizer", "BUG: KASAN: ", "KASAN: %", R"re((\S.*?) (?:in|on) SYMBOL(?: .*)?)re",
            {kTitle, kSymbol, kModule}),
      Cause("sanitizer", "BUG: KFENCE: ", "KFENCE: %", R"re((\S.*?) in SYMBOL(?: .*)?)re",
            {kTitle, kSymbol, kModule}),
      Cause("sanitizer", "BUG: KMSAN: ", "KMSAN: %", R"re((\S.*?) in SYMBOL(?: .*)?)re",
            {kTitle, kSymbol, kModule}),
      Cause("sanitizer", "BUG: KCSAN: ", "KCSAN: %", R"re((\S.*?) in SYMBOL(?: / .*)?)re",
            {kTitle, kSymbol, kModule}),
      Cause("sanitizer", "UBSAN: ", "UBSAN: %", R"re(([A-Za-z][\w -]*?) in FILE(?::\d+)?)re",
            {kTitle, kFile, kLine}),
  };
  return kForms;
}

// CPUs and tasks that do not get on: kernel/watchdog.c, kernel/hung_task.c,
// kernel/rcu/tree_stall.h and tree.c before 5.1, tasks.h; arch/powerpc/kernel/watchdog.c.
std::span<const CrashForm> Stalls() {
  using enum FormRole;
  static const CrashForm kForms[] = {
      Cause("soft_lockup", "BUG: soft lockup", "BUG: soft lockup",
            R"re( - CPU#(\d+) stuck for (\d+)s!(?: \[(?:(.{0,15}):(\d+)|[^:]*)\])?)re",
            {kCpu, kSeconds, kComm, kPid}),
      // openEuler's early warning
      Cause("soft_lockup", "WARN: soft lockup", "BUG: soft lockup",
            R"re( - CPU#(\d+) stuck for (\d+)s! \[(.{0,15}):(\d+)\])re",
            {kCpu, kSeconds, kComm, kPid}),
      Cause("soft_lockup", "BUG: soft lockup", "BUG: soft lockup", R"re( detected on CPU#(\d+)!)re",
            {kCpu}),
      Cause("hard_lockup", "Watchdog detected hard LOCKUP on cpu ", "hard LOCKUP",
            R"re((\d+)[.!]?(?:Modules linked in:.*)?)re", {kCpu}),
      Cause("hard_lockup", "CPU", "hard LOCKUP",
            R"re(\d+: Watchdog detected hard LOCKUP on cpu (\d+))re", {kCpu}),  // since 6.14
      Cause("hard_lockup", "NMI Watchdog detected LOCKUP on CPU", "hard LOCKUP",
            R"re( ?(\d+)(?:, .*|[.!])?)re", {kCpu}),
      Cause("hard_lockup", "NMI watchdog detected lockup on CPU#", "hard LOCKUP", R"re((\d+) .*)re",
            {kCpu}),  // the preempt-rt patches of 2.6
      Cause("hard_lockup", "CPU ", "hard LOCKUP", R"re((\d+) self-detected hard LOCKUP @ SYMBOL)re",
            {kCpu, kSymbol, kModule}),
      Cause("hard_lockup", "CPU ", "hard LOCKUP",
            R"re(\d+ detected hard LOCKUP on other CPUs (\d+).*)re", {kCpu}),
      Cause("hung_task", "INFO: task ", "INFO: task hung",
            R"re((.{0,15}):(\d+) blocked(?: in I/O wait)? for more than (\d+) seconds\.?)re",
            {kComm, kPid, kSeconds}),
      Cause(
          "rcu_stall", "INFO: ", "INFO: % self-detected stall on CPU",
          R"re((\w+) self-detected stall on CPU(?: \{ (\d+)\b[^}]*\})?(?: +\(t=(\d+) jiffies.*)?)re"
          R"re((?: *[\d{(,].*)?)re",
          {kTitle, kCpu, kJiffies}),
      Cause(
          "rcu_stall", "INFO: ", "INFO: % detected stalls on CPUs/tasks",
          R"re((\w+) detected (?:expedited )?stalls? on (?:CPUs?/)?tasks:)re"
          R"re((?: \{ (?:(\d+)\b)?[^}]*\} (?:\(detected by .*\bt=)?(\d+) jiffies.*|(?: *(?:[\d{(,]|P\d).*)?))re",
          {kTitle, kCpu, kJiffies}),
      Cause("rcu_stall", "INFO: ", "INFO: % detected stalls on CPUs/tasks",
            R"re((\w+) detected (?:stall on )?CPU (\d+)(?: stall)? \(t=(\d+) jiffies\).*)re",
            {kTitle, kCpu, kJiffies}),
  };
  return kForms;
}

// kernel/locking/lockdep.c; "[ INFO: ... ]" until 4.10.
std::span<const CrashForm> Locking() {
  using enum FormRole;
  static const CrashForm kForms[] = {
      Cause(
          "lockdep", "", "%",
          R"re((?:\[ )?(?:INFO|WARNING|BUG): ((?:possible [a-z][a-z -]+|[A-Z]+-safe -> [A-Z]+-unsafe lock order|bad unlock balance) detected)!?(?: \])?)re",
          {kTitle}),
      Cause(
          "lockdep", "", "%",
          R"re((?:\[ )?(?:INFO|WARNING|BUG): ((?:inconsistent lock state|suspicious RCU usage|suspicious rcu_dereference_check\(\) usage|lock held when returning to user space|lock held at task exit time|held lock freed|Nested lock was not taken|Invalid wait context|Invalid cleanup context|trying to register non-static key|bad contention))[.!]?(?: +\])?)re",
          {kTitle}),
  };
  return kForms;
}

// What ends the kernel: kernel/panic.c; arch/x86/kernel/traps.c and dumpstack.c; entry code of
// arm64 and riscv.
std::span<const CrashForm> Ends() {
  using enum FormRole;
  static const CrashForm kForms[] = {
      Alone("panic",
            "Kernel panic - not syncing: ", "kernel panic: stack-protector: stack is corrupted",
            R"re((?:stack-protector: )?Kernel stack is corrupted in: SYMBOL)re",
            {kSymbol, kModule}),
      Alone("panic", "[ end Kernel panic - not syncing: ", "kernel panic: %",
            R"re((.*?)(?: ?\]---)?)re", {kTitle}),  // where the line above is lost
      Alone("panic", "Kernel panic - not syncing", "kernel panic: %", R"re((?:: (.*)|))re",
            {kTitle}),
      // Until 2.6.4; prose looks alike.
      Alone(
          "panic", "Kernel panic: ", "kernel panic: %",
          R"re((VFS: Unable to mount root fs on \S+|Attempted to kill (?:init|the idle task)!|)re"
          R"re(Aiee, killing interrupt handler!|No init found\..*|Fatal exception(?: in interrupt)?|)re"
          R"re(Out of memory and no killable processes\.\.\.|CPU context corrupt|Unable to continue|)re"
          R"re(I have no root and I want to scream))re",
          {kTitle}),
      Vague(Alone("panic", "Kernel panic: ", "kernel panic: %", R"re((.+))re", {kTitle})),
      // arch/parisc/kernel/traps.c, die_if_kernel(), and parisc_terminate() above its panic
      Cause("oops", "", "%",
            R"re((.{0,15}) \(pid (\d+)\): ([A-Z][\w ]+? (?:reference|instruction|fault|trap|)re"
            R"re(operation|register|access|interruption)) \(code \d+\))re",
            {kComm, kPid, kTitle}),
      Cause("oops", "", "%",
            R"re((Kernel Fault|Bad Address \(null pointer deref\?\)|Page fault: no context|)re"
            R"re(Page fault: bad address|Stack Overflow|High Priority Machine Check \(HPMC\)))re"
            R"re(: Code=\d+ .*?(?: at addr ([0-9a-f]+).*)?)re",
            {kTitle, kAddress}),
      Lead("oops", "BUG: ", "BUG: stack guard page was hit",
           R"re((?:\S+ )?stack guard page was hit at (\S+) .*)re", {kAddress}),
      // arch/x86/kernel/traps.c, exc_general_protection(), where the rest of the line is cut off
      Cause("gpf", "general protection fault, ", "general protection fault",
            R"re((?:probably|maybe) for (?:non-canonical )?address 0x([0-9a-f]+))re", {kAddress}),
      // arch/arm64/kernel/traps.c, arm64_serror_panic(); arch/m68k/kernel/traps.c, bad_super_trap()
      Cause("oops", "SError Interrupt on CPU", "SError Interrupt", R"re((\d+), code .*)re", {kCpu}),
      Cause("oops", "BAD KERNEL TRAP: ", "BAD KERNEL TRAP", R"re([0-9a-f]+)re"),
      Cause("oops", "PANIC: double fault", "double fault", R"re(.*)re"),
      Cause("oops", "Insufficient stack space to handle exception!", "kernel stack overflow", ""),
      Lead("oops", "kernel tried to execute NX-protected page",
           "BUG: unable to handle kernel paging request", R"re(( - exploit attempt.*))re",
           {kMessage}),
      Lead("oops", "unable to execute userspace code (SMEP",
           "BUG: unable to handle kernel paging request", R"re((.*))re", {kMessage}),
      Lead("oops", "Kernel attempted to ", "BUG: unable to handle kernel paging request",
           R"re(((?:read|write|execute|access) user page .*))re", {kMessage}),
  };
  return kForms;
}

std::array<std::span<const CrashForm>, 7> AllForms() {
  return {Bugs(), DamagedMemory(), Warnings(), Sanitizers(), Stalls(), Locking(), Ends()};
}

}  // namespace

std::optional<CrashHead> ParseCrashForm(std::string_view text) {
  for (const std::span<const CrashForm> forms : AllForms()) {
    for (const CrashForm& form : forms) {
      if (std::optional<CrashHead> head = ParseForm(text, form)) return head;
    }
  }
  return std::nullopt;
}

std::vector<std::string_view> CrashFormKinds() {
  std::vector<std::string_view> kinds;
  for (const std::span<const CrashForm> forms : AllForms()) {
    for (const CrashForm& form : forms) kinds.push_back(form.kind);
  }
  return kinds;
}

}  // namespace kautopsy
