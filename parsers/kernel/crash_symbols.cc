#include "parsers/kernel/crash_symbols.h"

#include <algorithm>
#include <array>

namespace kautopsy {
namespace {

// By their beginnings.
constexpr auto kNotTheCause =
    std::to_array<std::string_view>({"dump_stack",       "__dump_stack",
                                     "show_stack",       "dump_backtrace",
                                     "unwind_backtrace", "walk_stackframe",
                                     "show_trace",       "panic",
                                     "__warn",           "warn_slowpath",
                                     "report_bug",       "bad_page",
                                     "print_bad_pte",    "__schedule",
                                     "schedule",         "io_schedule",
                                     "preempt_schedule", "_cond_resched",
                                     "__cond_resched",   "___might_sleep",
                                     "__might_sleep",    "__might_resched",
                                     "mutex_lock",       "__mutex_lock",
                                     "ww_mutex",         "down_",
                                     "__down",           "rwsem_",
                                     "rt_mutex",         "__rt_mutex",
                                     "wait_for_c",       "__wait_for_c",
                                     "do_wait_for",      "wait_on_",
                                     "__wait_on_",       "out_of_line_wait",
                                     "bit_wait",         "wait_woken",
                                     "msleep",           "usleep",
                                     "do_nanosleep",     "hrtimer_nanosleep",
                                     "_raw_spin",        "__raw_spin",
                                     "lock_acquire",     "__lock_acquire",
                                     "print_",           "check_",
                                     "validate_",        "mark_lock",
                                     "lockdep_",         "debug_",
                                     "nmi_panic",        "nmi_cpu_backtrace",
                                     "nmi_trigger",      "spin_bug",
                                     "spin_dump",        "do_raw_spin",
                                     "kasan_",           "__kasan",
                                     "__asan",           "ubsan_",
                                     "__ubsan",          "kmem_cache_alloc",
                                     "__kmalloc",        "kmalloc",
                                     "__alloc_pages",    "alloc_pages",
                                     "lock_page",        "__lock_page",
                                     "folio_wait",       "sched_show_task",
                                     "rcu_dump",         "__switch_to",
                                     "rtlock_slowlock",  "rt_spin_lock",
                                     "might_alloc",      "slab_pre_alloc",
                                     "watchdog_timer",   "softlockup_tick"});

}  // namespace

bool IsNotTheCause(std::string_view symbol) {
  return std::any_of(kNotTheCause.begin(), kNotTheCause.end(),
                     [&](std::string_view head) { return symbol.starts_with(head); });
}

bool IsBottom(std::string_view symbol) {
  constexpr auto kBottoms = std::to_array<std::string_view>({"ret_from_fork",
                                                             "ret_from_kernel",
                                                             "kernel_thread",
                                                             "entry_SYSCALL",
                                                             "entry_INT80",
                                                             "entry_SYSENTER",
                                                             "system_call",
                                                             "sysenter",
                                                             "syscall_call",
                                                             "secondary_startup",
                                                             "start_secondary",
                                                             "start_kernel",
                                                             "i386_start",
                                                             "startup_32",
                                                             "x86_64_start",
                                                             "child_rip",
                                                             "el0_",
                                                             "el0t_",
                                                             "ret_fast_syscall",
                                                             "ret_from_syscall",
                                                             "start_kernel_thread",
                                                             "start_parisc",
                                                             "linux_sparc_syscall",
                                                             "ret_from_exception",
                                                             "stub_",
                                                             "int_ret_from_sys"});
  return std::any_of(kBottoms.begin(), kBottoms.end(),
                     [&](std::string_view head) { return symbol.starts_with(head); });
}

std::string_view BaseName(std::string_view symbol) {
  return symbol.starts_with('.') ? symbol : symbol.substr(0, symbol.find('.'));
}

}  // namespace kautopsy
