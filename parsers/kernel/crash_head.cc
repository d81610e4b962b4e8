#include "parsers/kernel/crash_head.h"

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/text.h"
#include "parsers/kernel/process_line.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

using Part = CrashHead::Part;

// What a group of a pattern is.
enum class Role {
  kAddress,
  kComm,
  kCpu,
  kFile,
  kJiffies,
  kLine,
  kMessage,
  kModule,
  kPid,
  kSeconds,
  kSymbol,
  kTaint,
  kTitle,  // stands for "%" in the title
};

constexpr std::size_t kMaxGroups = 6;

// One wording.
struct Form {
  std::string_view kind;
  std::string_view head;  // the line begins with it
  std::string_view title;
  std::unique_ptr<const LogPattern> pattern;  // of all that stands behind the head
  std::vector<Role> roles;
  Part part = Part::kCause;
  bool names_function = true;
  bool has_stack = true;
  bool known = true;  // as CrashHead's
};

// In patterns SYMBOL stands for a function, two groups (symbol, module), and FILE for a place in
// the source, two groups (file, line).
std::unique_ptr<const LogPattern> Compile(std::string text) {
  constexpr auto kParts = std::to_array<std::pair<std::string_view, std::string_view>>(
      {{"SYMBOL", R"re(([\w.$]+)(?:\+0x[0-9a-f]+/0x[0-9a-f]+)?(?: \[([\w-]+)[^\]]*\])?)re"},
       {"FILE", R"re(([^\s:]+):(\d+))re"}});
  for (const auto& [word, part] : kParts) {
    const std::size_t at = text.find(word);
    if (at != std::string::npos) text.replace(at, word.size(), part);
  }
  return std::make_unique<const LogPattern>(text);
}

// A crash of which people name the function.
Form Cause(std::string_view kind, std::string_view head, std::string_view title,
           std::string pattern, std::vector<Role> roles = {}) {
  return {kind, head, title, Compile(std::move(pattern)), std::move(roles)};
}

// One that they name without.
Form Plain(std::string_view kind, std::string_view head, std::string_view title,
           std::string pattern, std::vector<Role> roles = {}) {
  Form form = Cause(kind, head, title, std::move(pattern), std::move(roles));
  form.names_function = false;
  return form;
}

// One that may be told in this line alone.
Form Alone(std::string_view kind, std::string_view head, std::string_view title,
           std::string pattern, std::vector<Role> roles = {}) {
  Form form = Plain(kind, head, title, std::move(pattern), std::move(roles));
  form.has_stack = false;
  return form;
}

// One that prose looks like.
Form Vague(Form form) {
  form.known = false;
  return form;
}

Form Lead(std::string_view kind, std::string_view head, std::string_view title, std::string pattern,
          std::vector<Role> roles = {}) {
  Form form = Cause(kind, head, title, std::move(pattern), std::move(roles));
  form.part = Part::kLead;
  return form;
}

void Store(Role role, std::string_view value, CrashHead& head) {
  switch (role) {
    case Role::kAddress:
      if (!value.starts_with('(')) head.fault_address = TextOf(value);
      break;
    case Role::kComm:
      head.comm = TextOf(value);
      break;
    case Role::kCpu:
      head.cpu = ParseInteger(value);
      break;
    case Role::kFile:
      head.file = TextOf(value);
      break;
    case Role::kLine:
      head.line = ParseInteger(value);
      break;
    case Role::kMessage:
      head.message = TextOf(value);
      break;
    case Role::kModule:
      head.module = TextOf(value);
      break;
    case Role::kPid:
      head.pid = ParseInteger(value);
      break;
    case Role::kJiffies:
      head.jiffies = ParseInteger(value);
      break;
    case Role::kSeconds:
      head.seconds = ParseInteger(value);
      break;
    case Role::kSymbol:
      head.symbol = TextOf(value);
      break;
    case Role::kTaint:
      head.taint = TaintOf(value);
      break;
    case Role::kTitle:
      if (const std::size_t at = head.title.find('%'); at != std::string::npos)
        head.title.replace(at, 1, value);
      break;
  }
}

// BUG() and other marks of the kernel's own checks.
std::span<const Form> Bugs() {
  using enum Role;
  static const Form kForms[] = {
      // lib/bug.c, report_bug(), and BUG() of include/asm-generic/bug.h
      Cause("bug", "kernel BUG at ", "kernel BUG", R"re(FILE(?:!.*)?)re", {kFile, kLine}),
      Cause("bug", "Kernel BUG at ", "kernel BUG", R"re((?:\.\.\.)?FILE(?:!.*)?)re",
            {kFile, kLine}),
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
std::span<const Form> DamagedMemory() {
  using enum Role;
  static const Form kForms[] = {
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
std::span<const Form> Warnings() {
  using enum Role;
  static const Form kForms[] = {
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
std::span<const Form> Sanitizers() {
  using enum Role;
  static const Form kForms[] = {
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
std::span<const Form> Stalls() {
  using enum Role;
  static const Form kForms[] = {
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
std::span<const Form> Locking() {
  using enum Role;
  static const Form kForms[] = {
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
std::span<const Form> Ends() {
  using enum Role;
  static const Form kForms[] = {
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

std::optional<CrashHead> ParseForm(std::string_view text, const Form& form) {
  const std::string_view whole = text;
  if (!ConsumePrefix(text, form.head)) return std::nullopt;
  const auto groups = MatchAll<kMaxGroups>(text, *form.pattern);
  if (!groups) return std::nullopt;
  CrashHead head;
  head.part = form.part;
  head.kind = form.kind;
  head.title = std::string(form.title);
  head.names_function = form.names_function;
  head.has_stack = form.has_stack;
  head.known = form.known;
  for (std::size_t i = 0; i < form.roles.size(); ++i) Store(form.roles[i], (*groups)[i], head);
  if (head.message) head.message = std::string(whole);
  return head;
}

// Accesses to memory that the kernel cannot do: arch/x86/mm/fault.c, show_fault_oops(); powerpc,
// bad_page_fault(); s390, dump_fault_info(); arm, arm64, mips, riscv, sparc and others likewise.
// The same title for the words of all times.
std::optional<CrashHead> ParseFault(std::string_view text) {
  if (text.find("nable to handle ") == std::string_view::npos && !text.starts_with("BUG: "))
    return std::nullopt;
  static const LogPattern kUnable(
      R"re((?:CPU \d+ )?(?:BUG: )?[Uu]nable to handle kernel )re"
      R"re((access|NULL pointer(?: dereference)?|paging request|data access|instruction fetch|unaligned access)re"
      R"re(|unknown fault|pointer dereference(?: in virtual \w+ address space)?)re"
      R"re(|(?:[a-z-]+ ){1,4}memory(?: (?:outside|without) uaccess routines| with fs=KERNEL_DS)?))re"
      R"re((?: on (?:read|write)| for (?:data|instruction fetch|unknown fault))?)re"
      R"re((?:(?: at)?(?: virtual)?(?: \(?address:?)? *(?:0x)?([0-9a-f]{4,16}|\(null\)|\(ptrval\))\)?)?)re"
      R"re((, (?:epc|pc|era) ==.*| when (?:read|write|execute)| ?RIP:| at| at virtual)?)re");
  static const LogPattern kPageFault(
      R"re(BUG: (?:[Uu]nable to handle )?(page fault for address|kernel NULL pointer dereference, address|Kernel NULL pointer dereference(?: on (?:read|write))? at):? ?(?:0x)?([0-9a-f]{4,16}))re");
  CrashHead head;
  head.kind = "oops";
  std::string_view what;
  if (const auto groups = MatchAll<2>(text, kPageFault)) {
    what = (*groups)[0];
    Store(Role::kAddress, (*groups)[1], head);
  } else if (const auto words = MatchAll<3>(text, kUnable)) {
    what = (*words)[0];
    Store(Role::kAddress, (*words)[1], head);
    head.pointer_follows = (*words)[2].ends_with("RIP:");
  } else {
    return std::nullopt;
  }
  if (what.find("NULL pointer") != std::string_view::npos)
    head.title = "BUG: unable to handle kernel NULL pointer dereference";
  else if (what == "paging request" || what == "data access" || what == "access" ||
           what.starts_with("page fault"))
    head.title = "BUG: unable to handle kernel paging request";
  else
    head.title = "BUG: unable to handle kernel " + std::string(what);
  return head;
}

// The title for the name of a trap, as die() gets it: arch/x86/kernel/traps.c, arm64's and others'.
void SetTrap(std::string_view name, CrashHead& head) {
  head.kind = "oops";
  if (name.empty()) {
    head.title = "Oops";
  } else if (name.starts_with("general protection fault")) {
    head.kind = "gpf";
    head.title = "general protection fault";
  } else if (name == "BUG" || name == "Kernel BUG" || name == "Kernel bug detected") {
    head.kind = "bug";
    head.title = "kernel BUG";
  } else {
    head.title = std::string(name);
  }
}

// "cat(183): Oops 0" (arch/alpha/kernel/traps.c, die_if_kernel()), behind the CPU since 5.x.
std::optional<CrashHead> ParseAlphaDie(std::string_view text) {
  static const LogPattern kPattern(R"re((?:CPU \d+ ?)?(.{1,15})\((\d+)\): Oops -?\d+)re");
  const auto groups = MatchAll<2>(text, kPattern);
  if (!groups) return std::nullopt;
  CrashHead head;
  head.part = Part::kDie;
  SetTrap("", head);
  head.comm = std::string((*groups)[0]);
  head.pid = ParseInteger((*groups)[1]);
  return head;
}

// What die() is told by arch/x86/kernel/traps.c and arch/s390/kernel/traps.c and their like.
bool IsTrap(std::string_view name) {
  constexpr std::string_view kTraps[] = {"general protection fault",
                                         "invalid opcode",
                                         "invalid operand",
                                         "divide error",
                                         "double fault",
                                         "stack guard page",
                                         "stack segment",
                                         "illegal operation",
                                         "segment not present",
                                         "invalid TSS",
                                         "bounds",
                                         "int3",
                                         "debug",
                                         "coprocessor",
                                         "alignment check",
                                         "simd",
                                         "specification exception",
                                         "addressing exception"};
  return std::any_of(std::begin(kTraps), std::end(kTraps),
                     [name](std::string_view trap) { return name.starts_with(trap); });
}

// "Oops: 0002 [#1] SMP", "general protection fault: 0000 [#1]", "Internal error: Oops: 5 [#1]",
// "Oops[#1]:" (mips), "systemd(1): Oops [#1]" (sparc), "Oops: 0000 [1] SMP" (x86-64 until 2.6.25),
// "Oops: Kernel access of bad area, sig: 11 [#1]" (powerpc): die() of each architecture.
std::optional<CrashHead> ParseDie(std::string_view text) {
  if (text.find('[') == std::string_view::npos) return ParseAlphaDie(text);
  constexpr std::string_view kGpf = "general protection fault";
  if (text.starts_with("kasan: GPF could be caused by") && text.find(kGpf) < text.size())
    text.remove_prefix(text.find(kGpf));  // KASAN's note of 4.x has no end of line
  static const LogPattern kPattern(
      R"re((?:(.{0,15})\((\d+)\): )?((?:Internal error: |Oops: |Oops - |Fault - )*)([A-Za-z][\w ,()/.-]*?)?)re"
      R"re((?:(?:: |^)([0-9a-f]{1,16})|, sig: \d+)?(?: ilc:\d)? ?\[#?(\d+)\]:?(?: ?[A-Z][A-Z_0-9 =()+a-z]*| *)?)re");
  const auto groups = MatchAll<6>(text, kPattern);
  if (!groups) return std::nullopt;
  const auto& [comm, pid, source, name, code, count] = *groups;
  CrashHead head;
  head.part = Part::kDie;
  std::string_view trap = name;
  // Without "#", as x86-64 printed it until 2.6.25, the code tells it from prose.
  const bool counted = text.find("[#") != std::string_view::npos || !code.empty();
  const bool named = pid.empty() || trap.empty() || (trap[0] >= 'A' && trap[0] <= 'Z');
  if (!counted || !named) return std::nullopt;
  const bool oops = trap == "Oops" || !source.empty() || !pid.empty() || trap == "Kernel BUG" ||
                    trap == "Kernel bug detected" || trap.find("in kernel") < trap.size();
  if (!oops && code.size() < 4) return std::nullopt;
  head.known = oops || IsTrap(trap);
  if (trap == "Oops") trap = "";
  if (trap.starts_with("general protection fault, ")) {  // since 5.5
    static const LogPattern kAddress(R"re(.* address 0x([0-9a-f]+))re");
    if (const auto address = MatchAll<1>(trap, kAddress))
      head.fault_address = std::string((*address)[0]);
  }
  SetTrap(trap, head);
  if (!pid.empty()) {
    head.comm = std::string(comm);
    head.pid = ParseInteger(pid);
  }
  head.oops_count = ParseInteger(count);
  return head;
}

// A BUG: line that nobody taught us, without the numbers in it.
std::optional<CrashHead> ParseUnknownBug(std::string_view text) {
  if (!text.starts_with("BUG: ")) return std::nullopt;
  CrashHead head;
  head.kind = "bug";
  head.title = std::string(text);
  head.known = false;
  return head;
}

// The watchdogs and others put their name before the message.
std::string_view SkipSource(std::string_view text) {
  // Until 2.6.2x a line's priority stands within another's text.
  if (text.size() > 3 && text[0] == '<' && IsDigit(text[1]) && text[2] == '>')
    text = TrimBlanks(text.substr(3));
  for (const std::string_view source : {"NMI watchdog: ", "watchdog: ", "rcu: ", "traps: "})
    if (ConsumePrefix(text, source)) return text;
  while (text.starts_with("---")) {
    const std::size_t end = text.find_first_not_of('-');
    text = TrimBlanks(text.substr(std::min(end, text.size())));
  }
  return text;
}

}  // namespace

std::optional<CrashHead> ParseCrashHead(std::string_view text) {
  text = SkipSource(text);
  if (std::optional<CrashHead> head = ParseFault(text)) return head;
  for (const std::span<const Form> forms :
       {Bugs(), DamagedMemory(), Warnings(), Sanitizers(), Stalls(), Locking(), Ends()}) {
    for (const Form& form : forms) {
      if (std::optional<CrashHead> head = ParseForm(text, form)) return head;
    }
  }
  if (std::optional<CrashHead> head = ParseDie(text)) return head;
  return ParseUnknownBug(text);
}

}  // namespace kautopsy
