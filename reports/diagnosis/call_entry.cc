#include "reports/diagnosis/call_entry.h"

#include <array>

#include "base/text.h"

namespace kautopsy {
namespace {

struct Entry {
  std::string_view symbol;  // a whole name, or its beginning where `more` is set
  EntryKind kind;
  std::string_view words;
  bool more = false;
};

// kernel/softirq.c; arch/*/kernel/irq.c; arch/*/mm/fault.c; kernel/workqueue.c; kernel/kthread.c;
// mm/vmscan.c; kernel/module.c; init/main.c; drivers/base/power/main.c.
constexpr Entry kEntries[] = {
    {"__do_softirq", EntryKind::kSoftirq, "a softirq"},
    {"do_softirq", EntryKind::kSoftirq, "a softirq", true},
    {"handle_softirqs", EntryKind::kSoftirq, "a softirq"},
    {"run_ksoftirqd", EntryKind::kSoftirq, "a softirq"},
    {"net_rx_action", EntryKind::kSoftirq, "a network softirq"},
    {"net_tx_action", EntryKind::kSoftirq, "a network softirq"},
    {"tasklet_action", EntryKind::kSoftirq, "a softirq", true},
    {"do_IRQ", EntryKind::kInterrupt, "an interrupt"},
    {"__do_IRQ", EntryKind::kInterrupt, "an interrupt"},
    {"handle_irq_event", EntryKind::kInterrupt, "an interrupt", true},
    {"handle_IRQ_event", EntryKind::kInterrupt, "an interrupt"},
    {"__handle_irq_event_percpu", EntryKind::kInterrupt, "an interrupt"},
    {"common_interrupt", EntryKind::kInterrupt, "an interrupt"},
    {"gic_handle_irq", EntryKind::kInterrupt, "an interrupt"},
    {"do_nmi", EntryKind::kNmi, "a non-maskable interrupt"},
    {"exc_nmi", EntryKind::kNmi, "a non-maskable interrupt"},
    {"page_fault", EntryKind::kOther, "a page fault"},
    {"do_page_fault", EntryKind::kOther, "a page fault"},
    {"__do_page_fault", EntryKind::kOther, "a page fault"},
    {"___do_page_fault", EntryKind::kOther, "a page fault"},
    {"do_user_addr_fault", EntryKind::kOther, "a page fault"},
    {"exc_page_fault", EntryKind::kOther, "a page fault"},
    {"do_async_page_fault", EntryKind::kOther, "a page fault"},
    {"do_translation_fault", EntryKind::kOther, "a page fault"},
    {"do_mem_abort", EntryKind::kOther, "a page fault"},
    {"do_dat_exception", EntryKind::kOther, "a page fault"},
    {"hash__do_page_fault", EntryKind::kOther, "a page fault"},
    {"device_resume", EntryKind::kOther, "waking from suspend", true},
    {"dpm_run_callback", EntryKind::kOther, "waking from suspend"},
    {"process_one_work", EntryKind::kOther, "a kernel worker"},
    {"worker_thread", EntryKind::kOther, "a kernel worker"},
    {"run_workqueue", EntryKind::kOther, "a kernel worker"},
    {"kswapd", EntryKind::kOther, "kswapd, which frees memory"},
    {"kthread", EntryKind::kOther, "a kernel thread"},
    {"kernel_thread_helper", EntryKind::kOther, "a kernel thread"},
    {"child_rip", EntryKind::kOther, "a kernel thread"},
    {"do_init_module", EntryKind::kOther, "the start of a module"},
    {"kernel_init", EntryKind::kOther, "the kernel's own start", true},
    {"start_kernel", EntryKind::kOther, "the kernel's own start"},
};

// include/linux/syscalls.h, SYSCALL_DEFINEx(), and the wrappers of the architectures.
constexpr std::array<std::string_view, 11> kSystemCalls = {
    "__x64_sys_", "__ia32_sys_", "__arm64_sys_", "__s390x_sys_", "__riscv_sys_", "__se_sys_",
    "__do_sys_",  "ksys_",       "SyS_",         "SYSC_",        "sys_"};

std::string_view SystemCallName(std::string_view symbol) {
  for (const std::string_view prefix : kSystemCalls) {
    if (!ConsumePrefix(symbol, prefix)) continue;
    ConsumePrefix(symbol, "ia32_");
    return symbol;
  }
  return {};
}

}  // namespace

CallEntry ReadCallEntry(std::string_view symbol) {
  for (const Entry& entry : kEntries) {
    const bool same = entry.more ? symbol.starts_with(entry.symbol) : symbol == entry.symbol;
    if (same) return {entry.kind, std::string(entry.words)};
  }
  const std::string_view name = SystemCallName(symbol);
  if (name.empty()) return {};
  return {EntryKind::kOther, "the " + std::string(name) + " system call"};
}

}  // namespace kautopsy
