#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/row.h"

namespace kautopsy {

// One frame of a call trace. Relation `call_frame`.
struct CallFrame {
  Integer position;  // 0 = top
  Text context;      // irq, softirq, nmi, task, ... after the stack mark; none before the first one
  Text address;      // as printed, without 0x
  Integer reliable;  // 0 for "?": the value was found on the stack, maybe a leftover
  Text symbol;       // never none
  Integer offset;
  Integer size;
  Text module;
  Text file;  // where the log was decoded, else none
  Integer line;
  Integer trace;
  Integer trace_cpu;
  Integer trace_pid;
  Integer log_line;
  bool bracketed = false;  // an address, or what klogd put there, stood before the name

  static constexpr std::string_view kRelation = "call_frame";
  static std::span<const Field<CallFrame>> Fields();
};

// Reads one frame as most architectures print it, with or without address:
//   [<ffffffff81451070>] ? skb_copy+0x40/0xb0 [mod]     arch/x86/kernel/dumpstack.c,
//   printk_address(); also arm64, mips, riscv, parisc, s390, ia64
//   [<ffffffff8809a1e4>] :kvm:kvm_vm_ioctl+0xad/0x1cf   x86-64 until 2.6.26
//   [do_IRQ+0x80/0x100] do_IRQ+0x80/0x100               address replaced by klogd
//   [c0000001cb163690] [c0000000004a77dc] dump_header+0x7c/0x670 (unreliable)   powerpc
//   ([<000003ffe288975a>] memset+0x3a/0xa0)             s390, unreliable
//   show_stack+0x18/0x30 (C)                            arm64 since 6.13, its source of the frame
//   __do_softirq+0x2bb/0x942 kernel/softirq.c:553       decoded (scripts/decode_stacktrace.sh;
//   invoke_softirq kernel/softirq.c:427 [inline]        syzkaller)
//   inode_dio_wait (fs/inode.c:2494)
// A stack mark before it ("<IRQ> ") goes to `mark`. None if the line is no whole frame.
std::optional<CallFrame> ParseCallFrame(std::string_view text, std::string& mark);

// Reads the frames of a line of which 2.6.16 on x86-64 prints several:
//   <ffffffff8010ee1e>{do_gettimeofday+94} <ffffffff801895ea>{:unix:sys_poll+58}
// Stack marks stand among them and go to `mark`. False if it is no such line.
bool ParseBracedFrames(std::string_view text, std::string& mark, std::vector<CallFrame>& frames);

// Reads the frames of a line of which 2.2 to 2.6.17 on i386 print several, with no name but an
// address, or with klogd's name in its place:
//   [<c0133793>] [<c0133c16>]
//   [__alloc_pages+61/384] [_alloc_pages+22/24]
//   <c024c33b> rt_check_expire+0x0/0x10c  <c0119c7d> run_timer_softirq+0x35/0x7d
// One address alone is none, for it is what a cut leaves of a frame with a name, unless the frames
// above have no names either.
bool ParseManyFrames(std::string_view text, bool nameless_above, std::vector<CallFrame>& frames);

// A line of 32-bit arm names two functions (arch/arm/kernel/traps.c, dump_backtrace_entry()):
//   [<c0109a55>] (show_stack) from [<c056d489>] (dump_stack+0x75/0x84)
//   show_stack from dump_stack+0x75/0x84                since 6.0
// The callee comes first; its offset is known from the line before only.
struct ArmFrames {
  CallFrame callee;
  std::optional<CallFrame> caller;  // none where the line was cut behind its address
};
std::optional<ArmFrames> ParseArmFrames(std::string_view text);

// True if the frame says by its form that a trace goes on, even if the trace's header is lost: it
// has an address.
inline bool StandsAlone(const CallFrame& frame) { return frame.bracketed && frame.offset; }

}  // namespace kautopsy
