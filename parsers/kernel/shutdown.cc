// Lines by which a boot ends as somebody wished:
//   Restarting system.   Restarting system with command 'bootloader'.   System halted.   Power
//   down.
//       kernel/sys.c, kernel_restart(), kernel_halt(), kernel_power_off(), until 3.10
//   reboot: Restarting system   reboot: Power down   reboot: System halted
//       kernel/reboot.c, the same functions, since 3.11
//   reboot: Power off not available: System halted instead
//       kernel/reboot.c, kernel_halt(), proposed at the time of 6.6
//   sysrq: Resetting
//       drivers/tty/sysrq.c, sysrq_reboot_op; "SysRq : Resetting" until 4.0, "sysrq: SysRq :
//       Resetting" until 5.0
//   kexec_core: Starting new kernel
//       kernel/kexec_core.c, kernel_kexec(); "kexec: " until 4.2, no prefix until 3.14. A crash
//       comes by another way, crash_kexec(), which says nothing of the kind
// All are printed with a level that the console shows. In a file of syslog's they are rare: the
// daemon is gone by then. What it says itself, in the kernel's name,
//   Kernel logging (proc) stopped.
//       klogd; rsyslog, plugins/imklog
// may be a restart of the daemon alone, so it only shows that the machine was still alive.
#include <memory>

#include "parsers/kernel/kinds.h"
#include "parsers/match.h"

namespace kautopsy {
namespace {

bool IsShutdown(const LogLine& line) {
  static const LogPattern kPattern(
      R"re((?:Restarting system(?: with command '.*')?|System halted|Power down)\.|)re"
      R"re(reboot: (?:Restarting system(?: with command '.*')?|Power down|)re"
      R"re((?:Power off not available: )?System halted(?: instead)?)|)re"
      R"re(sysrq: Resetting|(?:sysrq: )?SysRq : Resetting|)re"
      R"re((?:kexec(?:_core)?: )?Starting new kernel)re");
  return Matches(line.text, kPattern);
}

bool IsLogEnd(const LogLine& line) {
  return line.prefixed && line.text == "Kernel logging (proc) stopped.";
}

// Tells of the boot, and is no record of its own: one line, of which nothing more could be said.
class ShutdownBlock final : public Block {
 public:
  Claim Offer(const LogLine& line) override {
    if (closed_) return Claim::kNone;
    shutdown_ = IsShutdown(line);
    closed_ = shutdown_ || IsLogEnd(line);
    return closed_ ? Claim::kTaken : Claim::kNone;
  }

  bool closed() const override { return closed_; }

  void Finish(EventRecord& event) override {
    event.kind.clear();
    if (!shutdown_) return;
    event.boot_facts = std::make_unique<BootRecord>();
    event.boot_facts->ended = "shutdown";
  }

 private:
  bool closed_ = false;
  bool shutdown_ = false;
};

}  // namespace

RecordKind ShutdownKind() {
  return {.name = "shutdown",
          .openers = {{"Restarting system", IsShutdown, false},
                      {"System halted", IsShutdown, false},
                      {"Power down", IsShutdown, false},
                      {"Resetting", IsShutdown, false},
                      {"Starting new kernel", IsShutdown, false},
                      {"Kernel logging (proc) stopped", IsLogEnd, false}},
          .open = [] { return std::unique_ptr<Block>(std::make_unique<ShutdownBlock>()); },
          .quotable = false};
}

}  // namespace kautopsy
