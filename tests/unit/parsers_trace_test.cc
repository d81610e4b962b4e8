#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <vector>

#include "parsers/kernel/call_frame.h"
#include "parsers/kernel/call_trace.h"
#include "parsers/kernel/registers.h"

namespace kautopsy {
namespace {

TEST_CASE("Frames of all architectures and generations are read") {
  struct Case {
    std::string_view text;
    std::string_view symbol;
    Integer offset;
    Text module;
    Text address;
    int reliable = 1;
    Text file = std::nullopt;
    Integer line = std::nullopt;
  };
  const std::vector<Case> cases = {
      {"[<ffffffff8809a1e4>] :kvm:kvm_vm_ioctl+0xad/0x1cf", "kvm_vm_ioctl", 0xad, "kvm",
       "ffffffff8809a1e4"},
      {"[do_IRQ+0x80/0x100] do_IRQ+0x81/0x100", "do_IRQ", 0x81, std::nullopt, std::nullopt},
      {"[out_of_memory+389/448] out_of_memory+0x185/0x1c0", "out_of_memory", 0x185, std::nullopt,
       std::nullopt},
      {"[r8169:rtl8169_rx_fill+0xb9/0x1c0] :r8169:rtl8169_rx_fill+0xb9/0x1c0", "rtl8169_rx_fill",
       0xb9, "r8169", std::nullopt},
      {"[00000000004b71e0] __slab_alloc+0x1b0/0x6a8", "__slab_alloc", 0x1b0, std::nullopt,
       "00000000004b71e0"},
      {"[c0000001cb163640] [c000000001035754] dump_stack+0xe8/0x164 (unreliable)", "dump_stack",
       0xe8, std::nullopt, "c000000001035754", 0},
      {"[C7DFFE40] [C00081B4] show_stack+0x3c/0x194", "show_stack", 0x3c, std::nullopt, "C00081B4"},
      {"([<000003ffe288975a>] memset+0x3a/0xa0)", "memset", 0x3a, std::nullopt, "000003ffe288975a",
       0},
      {"ieee80211_reconfig+0x37c/0x1718 [mac80211] (P)", "ieee80211_reconfig", 0x37c, "mac80211",
       std::nullopt},
      {"? f+0x1/0x2 [cifs cb6635f7865b17a0b314f8877a819120d4d6ead7]", "f", 1, "cifs", std::nullopt,
       0},
      {"__do_softirq+0x2bb/0x942 kernel/softirq.c:553", "__do_softirq", 0x2bb, std::nullopt,
       std::nullopt, 1, "kernel/softirq.c", 553},
      {"invoke_softirq kernel/softirq.c:427 [inline]", "invoke_softirq", std::nullopt, std::nullopt,
       std::nullopt, 1, "kernel/softirq.c", 427},
      {"? __pfx_inode_dio_wait (fs/inode.c:2494 (discriminator 3)) xfs", "", std::nullopt,
       std::nullopt, std::nullopt},
      {"? iomap_dio (fs/iomap/direct-io.c:99 (discriminator 3)) [xfs]", "iomap_dio", std::nullopt,
       "xfs", std::nullopt, 0, "fs/iomap/direct-io.c", 99},
      {"[<0000000000000000>] 0x7fd350c8d62a", "0x7fd350c8d62a", std::nullopt, std::nullopt,
       "0000000000000000"}};
  for (const Case& expected : cases) {
    CAPTURE(expected.text);
    std::string mark;
    const auto frame = ParseCallFrame(expected.text, mark);
    REQUIRE(frame.has_value() == !expected.symbol.empty());
    if (!frame) continue;
    CHECK(frame->symbol == expected.symbol);
    CHECK(frame->offset == expected.offset);
    CHECK(frame->module == expected.module);
    CHECK(frame->address == expected.address);
    CHECK(frame->reliable == expected.reliable);
    CHECK(frame->file == expected.file);
    CHECK(frame->line == expected.line);
  }
}

// The symbols of the trace that these lines give, and how often a line was not taken.
std::string Symbols(CallTraceSection& trace, const std::vector<std::string_view>& lines) {
  int refused = 0;
  LogLine line;
  line.place = {0, 1};
  for (const std::string_view text : lines) {
    ++line.place.line;
    line.text = text;
    if (trace.Offer(line) != Claim::kTaken) ++refused;
  }
  std::string symbols;
  for (const CallFrame& frame : trace.frames()) symbols += *frame.symbol + " ";
  return symbols + std::to_string(refused);
}

TEST_CASE("32-bit arm names each function twice") {
  CallTraceSection trace;
  CHECK(Symbols(trace, {"[<c010d6d5>] (unwind_backtrace) from [<c0109a55>] (show_stack+0x11/0x14)",
                        "[<c0109a55>] (show_stack) from [<c056d489>] (dump_stack+0x75/0x84)",
                        "[<c056d489>] (dump_stack) from [<c0100159>]"}) ==
        "unwind_backtrace show_stack dump_stack 0");
  CHECK(trace.frames()[1].address == "c0109a55");
  CHECK(trace.frames()[1].offset == 0x11);
  CallTraceSection newer;
  CHECK(Symbols(newer, {"show_stack from dump_stack_lvl+0x2b/0x34",
                        "dump_stack_lvl from dump_header+0x35/0x212",
                        "Exception stack(0xc2cadfb0 to 0xc2cadff8)",
                        "dfa0:                                     00000000 00000000"}) ==
        "show_stack dump_stack_lvl dump_header 0");
  CallTraceSection cut;  // the addresses are lost, and with them the functions that stand twice
  CHECK(Symbols(cut, {"(unwind_backtrace) from [<c021abf8>] (show_stack+0x10/0x14)",
                      "(vzalloc+0x24/0x30)", "(fox_dump_register+0x6c/0x88 [fox_core])"}) ==
        "unwind_backtrace show_stack vzalloc fox_dump_register 0");
  CHECK(cut.frames()[3].module == "fox_core");
  CallTraceSection prose;
  CHECK(Symbols(prose, {"apart from that (it is slow)", "cut from [<c0>", "a from b"}) == "3");
}

TEST_CASE("2.6.16 prints several frames in a line") {
  CallTraceSection trace;
  CHECK(Symbols(trace,
                {"Call Trace: <ffffffff801561f2>{out_of_memory+50}",
                 "<ffffffff8015854c>{__alloc_pages+556} <ffffffff88000dd1>{:unix:unix_poll+33}",
                 "<EOI> <ffffffff8010aebe>{system_call+126}"}) ==
        "out_of_memory __alloc_pages unix_poll system_call 0");
  CHECK(trace.frames()[2].module == "unix");
  CHECK(trace.frames()[2].offset == 33);
}

TEST_CASE("Without a header only frames with an address are taken") {
  CallTraceSection trace;
  CHECK(Symbols(trace, {"out_of_memory+0x1/0x2"}) == "1");
  CHECK(Symbols(trace, {"[<c0148426>] out_of_memory+0x176/0x1d0", "__alloc_pages+0x286/0x2f0",
                        "======================="}) == "out_of_memory __alloc_pages 0");
}

TEST_CASE("Frames of a kernel without names blame no function") {
  CallTraceSection trace;
  CHECK(Symbols(trace, {"Backtrace: ", "Function entered at [<c0012738>] from [<c03029b8>]",
                        "Function entered at [<c03029a0>] from [<c00568f4>]"}) ==
        "0xc0012738 0xc03029a0 0");
  CHECK(trace.Blamed(true) == nullptr);
}

TEST_CASE("A second header ends a record's only trace, or begins its next one") {
  const std::vector<std::string_view> lines = {"Call Trace:", "a+0x1/0x2",
                                               "Call Trace:", "b+0x1/0x2"};
  CallTraceSection one;
  CHECK(Symbols(one, lines) == "a 2");
  CallTraceSection many(CallTraceSection::Traces::kMany);
  CHECK(Symbols(many, lines) == "a b 0");
  CHECK(many.frames()[0].trace == 0);
  CHECK(many.frames()[1].trace == 1);
}

TEST_CASE("Registers and stack rows around a trace are told from other lines") {
  for (const std::string_view text :
       {"RIP: 0033:0x7fd350c8d62a", "RAX: ffffffffffffffda RBX: 000000000000042c",
        "Code: Unable to access opcode bytes at 0x7fd350c8d600.", "Code: 48 c7 c2 b8 <ff> ff",
        "NIP [002612ec] 0x2612ec", "--- interrupt: c00 at 0x2612ec",
        "Stack : 80960000 801686ec 00000000 80879d2c", "ffff8804182079c8 ffffffff81681157",
        "Last Breaking-Event-Address:", "x29: ffff80000a3abb40 x28: 0000000000000000"}) {
    CAPTURE(text);
    CHECK(IsRegisterLine(text));
  }
  for (const std::string_view text :
       {"RIP: page allocation failure. order:1, mode:0x20", "Code: page allocation failure",
        "deadbeef", "free:5", "CPU: 2 PID: 977 Comm: xfs_db", "Stack overflow", "swapper: 1"}) {
    CAPTURE(text);
    CHECK_FALSE(IsRegisterLine(text));
  }
}

}  // namespace
}  // namespace kautopsy
